#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>

#include <ptero/core/error.hpp>
#include <ptero/transport/socket.hpp>
#include <thread>

namespace ptero::transport {
namespace {

using namespace std::chrono_literals;

std::string message_of(auto&& action) {
  try {
    action();
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

TEST(Socket, CarriesAllPartsOfAMessage) {
  Context context;
  Socket pull(context, SocketKind::pull);
  pull.bind("tcp://127.0.0.1:*");
  Socket push(context, SocketKind::push);
  push.connect(pull.endpoint());
  const Parts sent{Bytes::take(std::string("head")), Bytes::take(std::string(100'000, 'x'))};
  ASSERT_EQ(push.send(sent, 2s), Socket::Sent::yes);
  const auto received = pull.receive(2s);
  ASSERT_TRUE(received);
  EXPECT_EQ(*received, sent);
}

TEST(Socket, PortInUseSaysWhichAndWhatToDo) {
  Context context;
  Socket first(context, SocketKind::pull);
  first.bind("tcp://127.0.0.1:*");
  Socket second(context, SocketKind::pull);
  const auto text = message_of([&] { second.bind(first.endpoint()); });
  EXPECT_NE(text.find(first.endpoint()), std::string::npos) << text;
  EXPECT_NE(text.find("choose another port"), std::string::npos) << text;
}

TEST(Socket, RefusesToBindOutsideTheMachineUnlessTold) {
  Context context;
  Socket socket(context, SocketKind::pull);
  EXPECT_NE(message_of([&] { socket.bind("tcp://0.0.0.0:*"); }).find("insecure = true"), std::string::npos);
  Socket allowed(context, SocketKind::pull, {.insecure = true});
  EXPECT_NO_THROW(allowed.bind("tcp://0.0.0.0:*"));
}

TEST(Socket, MalformedEndpointsAreInputErrors) {
  Context context;
  Socket socket(context, SocketKind::pull);
  EXPECT_THROW(socket.connect("127.0.0.1:5570"), InputError);
  EXPECT_THROW(socket.bind("tcp://127.0.0.1:notaport"), InputError);
  // libzmq would wait for it for ever.
  EXPECT_NE(message_of([&] { socket.connect("tcp://127.0.0.1:99999"); }).find("up to 65535"),
            std::string::npos);
  EXPECT_NE(message_of([&] { socket.bind("127.0.0.1:5570"); }).find("names no transport"), std::string::npos);
}

TEST(Socket, AHostThatIsNotKnownIsRefusedAtOnce) {
  Context context;
  Socket socket(context, SocketKind::pull);
  const auto said = message_of([&] { socket.connect("tcp://no such host:5570"); });
  EXPECT_NE(said.find("the host no such host is not known"), std::string::npos) << said;
  EXPECT_NO_THROW(socket.connect("tcp://localhost:5570"));
}

TEST(Socket, CarriesMessagesOverIPv6) {
  Context context;
  Socket pull(context, SocketKind::pull);
  try {
    pull.bind("tcp://[::1]:*");
  } catch (const InputError& error) {
    GTEST_SKIP() << "no IPv6 here: " << error.what();
  }
  Socket push(context, SocketKind::push);
  push.connect(pull.endpoint());
  const Parts sent{Bytes::take(std::string("over six"))};
  ASSERT_EQ(push.send(sent, 20s), Socket::Sent::yes);
  EXPECT_EQ(pull.receive(20s), sent);
}

TEST(Socket, WakeupEndsAWaitEarly) {
  Context context;
  Socket socket(context, SocketKind::pull);
  Wakeup wakeup;
  std::jthread other([&] { wakeup.notify(); });
  const auto start = std::chrono::steady_clock::now();
  EXPECT_FALSE(socket.wait(60s, &wakeup));
  EXPECT_LT(std::chrono::steady_clock::now() - start, 30s);
}

/// Seconds until the kernel asks the peer of each TCP connection of this port whether it is still there.
std::vector<double> keepalives_of(unsigned port) {
  std::ifstream table("/proc/self/net/tcp");
  std::vector<double> out;
  std::string line;
  std::getline(table, line);
  while (std::getline(table, line)) {
    unsigned here = 0, there = 0, state = 0, timer = 0, when = 0;
    const int fields = std::sscanf(line.c_str(), " %*u: %*x:%x %*x:%x %x %*x:%*x %x:%x", &here, &there,
                                   &state, &timer, &when);
    if (fields == 5 && state == 1 && timer == 2 && (here == port || there == port))
      out.push_back(when / 100.0);
  }
  return out;
}

TEST(Socket, APeerThatLostItsPowerIsFoundWithinHalfAMinute) {
  Context context;
  Socket push(context, SocketKind::push);
  Socket pull(context, SocketKind::pull);
  push.bind("tcp://127.0.0.1:*");
  pull.connect(push.endpoint());
  ASSERT_EQ(push.send({Bytes::take(std::string("a"))}, 5s), Socket::Sent::yes);
  ASSERT_TRUE(pull.receive(5s));
  const auto endpoint = push.endpoint();
  const auto timers =
      keepalives_of(static_cast<unsigned>(std::stoi(endpoint.substr(endpoint.rfind(':') + 1))));
  if (timers.empty()) GTEST_SKIP() << "this kernel does not show its timers";
  for (const double seconds : timers) EXPECT_LE(seconds, 10.5);
}

}  // namespace
}  // namespace ptero::transport
