#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <ptero/core/error.hpp>
#include <ptero/runtime/bounded_queue.hpp>
#include <ptero/runtime/run_until.hpp>
#include <ptero/runtime/service.hpp>
#include <stdexcept>

namespace ptero::runtime {
namespace {

void wait_for_stop(std::stop_token stop) {
  BoundedQueue<int> never(1);
  never.pop(stop);
}

TEST(Service, EndsWhenItsStagesEnd) {
  BoundedQueue<int> edge(2);
  int sum = 0;
  Service service("adder");
  service.add_stage("source", [&](std::stop_token stop) {
    for (int i = 1; i <= 10; ++i) edge.push(i, stop);
    edge.close();
  });
  service.add_stage("sum", [&](std::stop_token stop, Heartbeat& heart) {
    while (auto i = edge.pop(stop)) {
      sum += *i;
      heart.beat();
    }
  });
  EXPECT_FALSE(service.finished());
  service.start();
  service.join();
  EXPECT_TRUE(service.finished());
  EXPECT_EQ(sum, 55);
  EXPECT_FALSE(service.failure());
}

TEST(Service, AFailingStageStopsTheOthersAndIsRemembered) {
  Service service("ingest");
  service.add_stage("receive", wait_for_stop);
  service.add_stage("write", [](std::stop_token) { throw InputError("disk is full"); });
  service.start();
  service.join();
  ASSERT_TRUE(service.failure());
  EXPECT_EQ(service.failure()->service, "ingest");
  EXPECT_EQ(service.failure()->stage, "write");
  EXPECT_EQ(service.failure()->what, "disk is full");
  EXPECT_THROW(std::rethrow_exception(service.failure()->exception), InputError);
}

TEST(Service, TheFirstFailureWins) {
  Service service("two");
  service.add_stage("second", [](std::stop_token stop) {
    wait_for_stop(stop);
    throw std::runtime_error("because of the stop");
  });
  service.add_stage("first", [](std::stop_token) { throw 42; });
  service.start();
  service.join();
  EXPECT_EQ(service.failure()->stage, "first");
  EXPECT_EQ(service.failure()->what, "unknown exception");
}

TEST(Service, DestructionStops) {
  std::atomic<bool> left = false;
  {
    Service service("short");
    service.add_stage("wait", [&](std::stop_token stop) {
      wait_for_stop(stop);
      left = true;
    });
    service.start();
  }
  EXPECT_TRUE(left);
}

TEST(Service, HealthNamesSilentAndFailedStages) {
  Service service("health");
  BoundedQueue<int> go(1);
  service.add_stage("beats", [&](std::stop_token stop) { wait_for_stop(stop); });
  service.add_stage("fails", [&](std::stop_token) {
    go.pop();
    throw std::runtime_error("x");
  });
  EXPECT_EQ(service.health()[0].state, StageState::waiting);
  service.start();
  EXPECT_TRUE(service.unhealthy_stages().empty());
  go.push(1);
  service.join();
  EXPECT_EQ(service.unhealthy_stages(), (std::vector<std::string>{"fails"}));
  EXPECT_EQ(service.health()[0].state, StageState::finished);
  EXPECT_EQ(service.health()[1].state, StageState::failed);
}

TEST(RunUntil, EndsWhenEveryServiceHasFinished) {
  SignalWait signals;
  BoundedQueue<int> between(1);
  Service producer("producer");
  producer.add_stage("make", [&](std::stop_token) { between.close(); });
  Service consumer("consumer");
  consumer.add_stage("take", [&](std::stop_token stop) { between.pop(stop); });
  const Outcome outcome = run_until({&producer, &consumer}, signals);
  EXPECT_EQ(outcome.how, Ended::finished);
  EXPECT_FALSE(outcome.failure);
  EXPECT_TRUE(producer.finished() && consumer.finished());
}

TEST(RunUntil, AFailureInOneServiceStopsAll) {
  SignalWait signals;
  Service waits("waits");
  waits.add_stage("wait", wait_for_stop);
  Service fails("fails");
  fails.add_stage("wait", wait_for_stop);
  fails.add_stage("break", [](std::stop_token) { throw Error("broken"); });
  const Outcome outcome = run_until({&waits, &fails}, signals);
  EXPECT_EQ(outcome.how, Ended::failed);
  ASSERT_TRUE(outcome.failure);
  EXPECT_EQ(outcome.failure->service, "fails");
  EXPECT_EQ(outcome.failure->stage, "break");
}

TEST(RunUntil, ASignalStopsAll) {
  SignalWait signals;
  Service service("waits");
  service.add_stage("wait", [](std::stop_token stop) {
    kill(getpid(), SIGTERM);
    wait_for_stop(stop);
  });
  const Outcome outcome = run_until({&service}, signals);
  EXPECT_EQ(outcome.how, Ended::signalled);
  EXPECT_EQ(outcome.signal, SIGTERM);
  EXPECT_TRUE(service.finished());
}

}  // namespace
}  // namespace ptero::runtime
