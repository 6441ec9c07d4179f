#pragma once
// runtime: threads that stop together. A service is a set of named stages, one thread each.
// Add stages from one thread, then start; every other member may be called from any thread.

#include <atomic>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

namespace ptero::runtime {

/// A stage's sign of life. Beat once per item or timeout: `BoundedQueue::pop_for` keeps an idle stage
/// beating.
class Heartbeat {
 public:
  void beat();
  std::int64_t age_ns() const;

 private:
  std::atomic<std::int64_t> last_ns_{0};
};

enum class StageState : std::uint8_t { waiting, running, finished, failed };

struct StageHealth {
  std::string stage;
  StageState state = StageState::waiting;
  std::int64_t beat_age_ns = 0;  ///< since the last beat; meaningful while running
};

/// The first exception that left a stage.
struct Failure {
  std::string service;
  std::string stage;
  std::string what;
  std::exception_ptr exception;  ///< rethrow to tell an InputError (exit code 2) from the rest
};

/// Runs its stages until each has returned. A stage returns by itself at the end of its data, or soon after a
/// stop request; the first one that throws is remembered and stops the others.
class Service {
 public:
  using StageFunction = std::function<void(std::stop_token, Heartbeat&)>;

  explicit Service(std::string name);
  /// Requests a stop and joins.
  ~Service();
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  const std::string& name() const { return name_; }

  /// Before start() only. The function runs on its own thread.
  void add_stage(std::string stage, StageFunction run);
  void add_stage(std::string stage, std::function<void(std::stop_token)> run);

  /// Starts every stage, once. `on_end` is called once, from a stage's thread, after the first failure or
  /// after the last stage returned, whichever comes first; it must not call join().
  void start(std::function<void()> on_end = {});
  void request_stop();
  /// Waits until every stage has returned; one thread at a time.
  void join();

  /// Every stage has returned.
  bool finished() const;
  std::optional<Failure> failure() const;
  std::vector<StageHealth> health() const;
  /// Names of running stages without a beat for longer than this, and of failed ones: empty is healthy.
  std::vector<std::string> unhealthy_stages(std::int64_t max_beat_age_ns) const;

 private:
  struct Stage {
    std::string name;
    StageFunction run;
    Heartbeat heartbeat;
    std::atomic<StageState> state{StageState::waiting};
    std::jthread thread;
  };

  void run_stage(Stage& stage);
  void stage_returned(bool failed);

  const std::string name_;
  std::stop_source stop_;
  std::vector<std::unique_ptr<Stage>> stages_;
  std::function<void()> on_end_;
  std::atomic<std::size_t> running_{0};
  std::atomic<bool> ended_{false};
  bool started_ = false;
  mutable std::mutex failure_mutex_;
  std::optional<Failure> failure_;
};

}  // namespace ptero::runtime
