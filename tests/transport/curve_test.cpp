#include <gtest/gtest.h>

#include <sys/stat.h>

#include <array>
#include <ptero/core/error.hpp>
#include <ptero/transport/socket.hpp>
#include <zmq.hpp>

#include "support/scratch.hpp"

namespace ptero::transport {
namespace {

using namespace std::chrono_literals;

struct KeyPair {
  std::string of_public, of_secret;
};

KeyPair make_keys() {
  std::array<char, 41> p{}, s{};
  EXPECT_EQ(zmq_curve_keypair(p.data(), s.data()), 0);
  return {p.data(), s.data()};
}

/// Somebody else's publisher, which only clients that know its key can read.
class Publisher {
 public:
  Publisher() : socket_(context_, zmq::socket_type::pub) {
    socket_.set(zmq::sockopt::linger, 0);
    socket_.set(zmq::sockopt::curve_server, true);
    socket_.set(zmq::sockopt::curve_secretkey, keys.of_secret);
    socket_.bind("tcp://127.0.0.1:*");
  }
  std::string endpoint() { return socket_.get(zmq::sockopt::last_endpoint); }
  /// Publishes until the subscriber has something, or gives up.
  std::optional<Parts> reaches(Socket& subscriber, int tries) {
    for (int i = 0; i < tries; ++i) {
      socket_.send(zmq::str_buffer("image"), zmq::send_flags::none);
      if (auto got = subscriber.receive(50ms)) return got;
    }
    return std::nullopt;
  }
  const KeyPair keys = make_keys();

 private:
  zmq::context_t context_;
  zmq::socket_t socket_;
};

std::optional<Parts> what_comes(Publisher& publisher, const CurveKeys& keys, int tries) {
  Context context;
  Socket sub(context, SocketKind::sub, {.curve = keys});
  sub.connect(publisher.endpoint());
  sub.subscribe("");
  return publisher.reaches(sub, tries);
}

TEST(Curve, OpensAnEncryptedPublisherWithItsKeyAlone) {
  Publisher publisher;
  const KeyPair own = make_keys();
  const auto got = what_comes(publisher, {publisher.keys.of_public, own.of_public, own.of_secret}, 200);
  ASSERT_TRUE(got);
  EXPECT_EQ((*got)[0].text(), "image");
  EXPECT_FALSE(what_comes(publisher, {own.of_public, own.of_public, own.of_secret}, 10));
  EXPECT_FALSE(what_comes(publisher, {}, 10));
}

TEST(Curve, KeysComeFromPlainFilesAndCertificates) {
  const test::Scratch scratch;
  const KeyPair keys = make_keys();
  test::spill(scratch / "plain", keys.of_public + "\n");
  umask(077);
  test::spill(scratch / "certificate", "metadata\ncurve\n    public-key = \"" + keys.of_public +
                                           "\"\n    secret-key = \"" + keys.of_secret + "\"\n");
  EXPECT_EQ(read_curve_key((scratch / "plain").string(), CurveHalf::of_public), keys.of_public);
  EXPECT_EQ(read_curve_key((scratch / "certificate").string(), CurveHalf::of_public), keys.of_public);
  EXPECT_EQ(read_curve_key((scratch / "certificate").string(), CurveHalf::of_secret), keys.of_secret);
  test::spill(scratch / "short", "abc");
  EXPECT_THROW(read_curve_key((scratch / "short").string(), CurveHalf::of_public), InputError);
  EXPECT_THROW(read_curve_key((scratch / "absent").string(), CurveHalf::of_public), InputError);
}

TEST(Curve, KeysThatAreNoneAreRefused) {
  Context context;
  EXPECT_THROW(Socket(context, SocketKind::pull, {.curve = {"a", "b", "c"}}), InputError);
}

}  // namespace
}  // namespace ptero::transport
