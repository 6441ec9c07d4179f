#include <gtest/gtest.h>
#include <unistd.h>

#include <ptero/runtime/signal_wait.hpp>
#include <thread>

namespace ptero::runtime {
namespace {

TEST(SignalWait, ReturnsTheSignal) {
  SignalWait signals;
  kill(getpid(), SIGINT);
  EXPECT_EQ(signals.wait(), SIGINT);
  kill(getpid(), SIGTERM);
  EXPECT_EQ(signals.wait(), SIGTERM);
}

TEST(SignalWait, StopEndsTheWait) {
  SignalWait signals;
  std::stop_source stop;
  std::jthread stopper([&] { stop.request_stop(); });
  EXPECT_EQ(signals.wait(stop.get_token()), std::nullopt);
}

TEST(SignalWait, AnEarlierStopDoesNotDisturbTheNextWait) {
  SignalWait signals;
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(signals.wait(stop.get_token()), std::nullopt);
  std::jthread sender([] { kill(getpid(), SIGINT); });
  EXPECT_EQ(signals.wait(), SIGINT);
}

TEST(SignalWait, RestoresTheMask) {
  { SignalWait signals; }
  sigset_t mask;
  pthread_sigmask(SIG_SETMASK, nullptr, &mask);
  EXPECT_EQ(sigismember(&mask, SIGTERM), 0);
}

}  // namespace
}  // namespace ptero::runtime
