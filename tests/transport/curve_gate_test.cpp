// Who may connect to a bound socket, and who not. Strangers are raw libzmq or TCP, not our own client.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <map>
#include <mutex>
#include <ptero/core/error.hpp>
#include <ptero/transport/socket.hpp>
#include <zmq.hpp>

#include "support/eventually.hpp"
#include "support/scratch.hpp"

namespace ptero::transport {
namespace {

using namespace std::chrono_literals;

Parts text(const std::string& value) {
  return {Bytes::take(std::string(value))};
}

class Gate : public testing::Test {
 protected:
  Gate() {
    write_certificates(scratch_ / "server", server_);
    write_certificates(scratch_ / "client", client_);
    allow({client_.of_public});
  }
  void allow(const std::vector<std::string>& keys) {
    std::string list = "# who may connect\n";
    for (const auto& key : keys) list += key + "   # a comment\n";
    test::spill(scratch_ / "allowed", list);
  }
  CurveFiles files() const {
    return {scratch_ / "server.key_secret", scratch_ / "allowed", scratch_ / "server.key",
            scratch_ / "client.key_secret"};
  }
  OnRefused count() {
    return [this](const Refusal& refusal) {
      const std::lock_guard lock(mutex_);
      ++refused_[{refusal.side, refusal.reason}];
      last_ = refusal;
    };
  }
  int refused(RefusalReason reason, Refusal::Side side = Refusal::Side::bound) {
    const std::lock_guard lock(mutex_);
    return refused_[{side, reason}];
  }
  /// What a raw client with these keys is told by the socket bound there within a second or so.
  bool reaches(Socket& pull, const CurveKeys& keys) {
    zmq::context_t context;
    zmq::socket_t push(context, zmq::socket_type::push);
    push.set(zmq::sockopt::linger, 0);
    if (keys.given()) {
      push.set(zmq::sockopt::curve_serverkey, keys.server_public);
      push.set(zmq::sockopt::curve_publickey, keys.own_public);
      push.set(zmq::sockopt::curve_secretkey, keys.own_secret);
    }
    push.connect(pull.endpoint());
    push.send(zmq::str_buffer("hello"), zmq::send_flags::dontwait);
    return pull.receive(400ms).has_value();
  }
  CurveKeys keys_of(const CurvePair& who) const { return {server_.of_public, who.of_public, who.of_secret}; }

  test::Scratch scratch_;
  const CurvePair server_ = make_curve_pair(), client_ = make_curve_pair(), stranger_ = make_curve_pair();
  std::mutex mutex_;
  std::map<std::pair<Refusal::Side, RefusalReason>, int> refused_;
  Refusal last_{};
};

TEST_F(Gate, OursMeetByTheFilesAlone) {
  Context here(files(), count()), there(files(), count());
  Socket pull(here, SocketKind::pull);
  pull.bind("tcp://127.0.0.1:*");
  Socket push(there, SocketKind::push);
  push.connect(pull.endpoint());
  ASSERT_EQ(push.send(text("a frame"), 5s), Socket::Sent::yes);
  const auto got = pull.receive(5s);
  ASSERT_TRUE(got);
  EXPECT_EQ(got->at(0).text(), "a frame");
  EXPECT_TRUE(refused_.empty());
}

TEST_F(Gate, OnlyWhoIsOnTheListComesInAndTheOthersAreCounted) {
  Context context(files(), count());
  Socket pull(context, SocketKind::pull);
  pull.bind("tcp://127.0.0.1:*");
  EXPECT_TRUE(reaches(pull, keys_of(client_)));
  EXPECT_FALSE(reaches(pull, {}));
  EXPECT_GT(refused(RefusalReason::no_key) + refused(RefusalReason::broken_off), 0)
      << "which end finds out first is chance";
  EXPECT_FALSE(reaches(pull, keys_of(stranger_)));
  EXPECT_GT(refused(RefusalReason::not_allowed), 0);
  {
    const std::lock_guard lock(mutex_);
    EXPECT_EQ(last_.public_key, stranger_.of_public);
    EXPECT_EQ(last_.peer, "127.0.0.1");
  }
  EXPECT_FALSE(reaches(pull, {stranger_.of_public, client_.of_public, client_.of_secret}));
  EXPECT_GT(refused(RefusalReason::wrong_key), 0);
  EXPECT_TRUE(reaches(pull, keys_of(client_))) << "the others have harmed nothing";
}

TEST_F(Gate, AKeyMayDoWhatStandsBehindItAndNothingElse) {
  test::spill(scratch_ / "allowed", client_.of_public + " watch ask  # the control room\n");
  Context context(files(), count());
  Socket stream(context, SocketKind::pull), controls(context, SocketKind::pull, {.needs = Right::ask});
  stream.bind("tcp://127.0.0.1:*");
  controls.bind("tcp://127.0.0.1:*");
  EXPECT_FALSE(reaches(stream, keys_of(client_))) << "it may not take";
  EXPECT_GT(refused(RefusalReason::no_right), 0);
  {
    const std::lock_guard lock(mutex_);
    EXPECT_EQ(last_.public_key, client_.of_public);
    EXPECT_EQ(last_.what, "it may not take");
  }
  EXPECT_TRUE(reaches(controls, keys_of(client_)));
}

TEST_F(Gate, ARightThatIsNoneIsRefusedAtTheStart) {
  test::spill(scratch_ / "allowed", client_.of_public + " look\n");
  try {
    Context context(files(), count());
    FAIL() << "it was taken";
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find("no right 'look' in line 1 of"), std::string::npos)
        << error.what();
  }
}

TEST_F(Gate, TheListIsReadAgainWhenItChanges) {
  Context context(files(), count());
  Socket pull(context, SocketKind::pull);
  pull.bind("tcp://127.0.0.1:*");
  EXPECT_FALSE(reaches(pull, keys_of(stranger_)));
  allow({client_.of_public, stranger_.of_public});
  EXPECT_TRUE(reaches(pull, keys_of(stranger_)));
  allow({client_.of_public});
  EXPECT_FALSE(reaches(pull, keys_of(stranger_)));
  test::spill(scratch_ / "allowed", "half a ke");
  EXPECT_FALSE(reaches(pull, keys_of(client_))) << "a list that cannot be read lets nobody in";
  allow({client_.of_public});
  EXPECT_TRUE(reaches(pull, keys_of(client_)));
}

TEST_F(Gate, AListThatWasAwayLetsInWhenItIsBackAsItWas) {
  Context context(files(), count());
  Socket pull(context, SocketKind::pull);
  pull.bind("tcp://127.0.0.1:*");
  std::filesystem::rename(scratch_ / "allowed", scratch_ / "elsewhere");
  EXPECT_FALSE(reaches(pull, keys_of(client_)));
  std::filesystem::rename(scratch_ / "elsewhere", scratch_ / "allowed");
  EXPECT_TRUE(reaches(pull, keys_of(client_)));
}

TEST_F(Gate, WhatIsNoZmtpIsCountedAndCostsNothing) {
  Context context(files(), count());
  Socket pull(context, SocketKind::pull);
  pull.bind("tcp://127.0.0.1:*");
  const std::string endpoint = pull.endpoint();
  const auto port = std::stoi(endpoint.substr(endpoint.rfind(':') + 1));
  const auto throw_in = [&](const std::string& bytes) {
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in to{.sin_family = AF_INET,
                   .sin_port = htons(static_cast<std::uint16_t>(port)),
                   .sin_addr = {htonl(INADDR_LOOPBACK)}};
    EXPECT_EQ(::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
    ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    std::this_thread::sleep_for(20ms);
    ::close(fd);
  };
  throw_in("GET / HTTP/1.1\r\nHost: x\r\n\r\n");  // hung up on by libzmq, which does not tell
  throw_in("");
  throw_in(std::string(5000, '\xff'));
  throw_in(std::string("\xff\0\0\0\0\0\0\0\x01\x7f\x03\0CURVE", 17) + std::string(47, '\0') +
           std::string(200, '\x04'));
  const auto counted = [&](RefusalReason reason) {
    return test::eventually([&] { return refused(reason) > 0; }, 5);
  };
  EXPECT_TRUE(counted(RefusalReason::broken_off)) << "the one that said nothing";
  EXPECT_TRUE(counted(RefusalReason::no_key)) << "the one that named no mechanism";
  EXPECT_TRUE(counted(RefusalReason::malformed)) << "the one that spoke nonsense after its greeting";
  EXPECT_TRUE(reaches(pull, keys_of(client_)));
}

TEST_F(Gate, AClientHearsWhyItIsNotLetIn) {
  Context server(files(), {});
  Socket pull(server, SocketKind::pull);
  pull.bind("tcp://127.0.0.1:*");
  allow({stranger_.of_public});
  {
    Context client(files(), count());
    Socket push(client, SocketKind::push);
    push.connect(pull.endpoint());
    EXPECT_TRUE(test::eventually(
        [&] { return refused(RefusalReason::not_allowed, Refusal::Side::connected) > 0; }, 5));
  }
  Context plain;
  Socket open(plain, SocketKind::pull);
  open.bind("tcp://127.0.0.1:*");
  Context client(files(), count());
  Socket push(client, SocketKind::push);
  push.connect(open.endpoint());
  EXPECT_TRUE(test::eventually(
      [&] {
        return refused(RefusalReason::no_key, Refusal::Side::connected) +
                   refused(RefusalReason::broken_off, Refusal::Side::connected) >
               0;
      },
      5));
}

TEST_F(Gate, ADetectorIsConnectedToWithoutOurKeys) {
  Context plain;
  Socket detector(plain, SocketKind::push);
  detector.bind("tcp://127.0.0.1:*");
  Context context(files(), count());
  Socket pull(context, SocketKind::pull, {.foreign = true});
  pull.connect(detector.endpoint());
  ASSERT_EQ(detector.send(text("image"), 5s), Socket::Sent::yes);
  EXPECT_TRUE(pull.receive(5s));
}

TEST_F(Gate, KeysAllowABindThatOthersReach) {
  Context context(files(), count());
  Socket socket(context, SocketKind::pull);
  EXPECT_NO_THROW(socket.bind("tcp://0.0.0.0:*"));
  CurveFiles client_only = files();
  client_only.server_secret = client_only.allowed = "";
  Context other(client_only, {});
  Socket plain(other, SocketKind::pull);
  const auto refusal = test::message_of<InputError>([&] { plain.bind("tcp://0.0.0.0:*"); });
  EXPECT_NE(refusal.find("ptero keygen"), std::string::npos) << refusal;
}

TEST_F(Gate, FilesThatCannotBeUsedAreNamed) {
  const auto refusal = [](const CurveFiles& files) {
    return test::message_of<InputError>([&] { Context context(files, {}); });
  };
  EXPECT_EQ(refusal(files()), "");
  auto f = files();
  f.allowed = "";
  EXPECT_NE(refusal(f).find("server_secret and allowed only one"), std::string::npos);
  f = files();
  f.server_public = "";
  EXPECT_NE(refusal(f).find("server_public and client_secret only one"), std::string::npos);
  f = files();
  f.server_secret = scratch_ / "server.key";
  EXPECT_NE(refusal(f).find("server.key"), std::string::npos) << "a public key is no secret one";
  chmod((scratch_ / "client.key_secret").c_str(), 0640);
  const auto open = refusal(files());
  EXPECT_NE(open.find("client.key_secret"), std::string::npos);
  EXPECT_EQ(open.find(client_.of_secret), std::string::npos);
  chmod((scratch_ / "client.key_secret").c_str(), 0600);
  test::spill(scratch_ / "allowed", "# one\n\n" + client_.of_public + "\nnonsense\n");
  EXPECT_NE(refusal(files()).find("line 4 of"), std::string::npos) << refusal(files());
  allow({client_.of_public});
  chmod((scratch_ / "allowed").c_str(), 0666);
  EXPECT_NE(refusal(files()).find("allowed"), std::string::npos);
}

}  // namespace
}  // namespace ptero::transport
