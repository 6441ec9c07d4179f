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
/// beating. What takes longer in earnest is announced, so that it is not taken for a hang. One thread beats,
/// any may look.
class Heartbeat {
 public:
  void beat();
  /// Until the next beat, which comes within so many seconds. `what` is a literal: it is not copied.
  void busy(const char* what, double at_most_s);
  /// Until the next beat somebody else is waited for, however long: another stage, or the disk.
  void waiting(const char* what);

  std::int64_t age_ns() const;
  /// How old it may be now.
  std::int64_t limit_ns() const;
  /// What was announced; empty when nothing is.
  std::string doing() const;

  static constexpr std::int64_t usual_limit_ns = 5'000'000'000;
  static constexpr std::int64_t no_limit = INT64_MAX;

 private:
  void announce(const char* what, std::int64_t limit_ns);

  std::atomic<std::int64_t> last_ns_{0};
  std::atomic<std::int64_t> limit_ns_{usual_limit_ns};
  std::atomic<const char*> what_{""};
};

enum class StageState : std::uint8_t { waiting, running, finished, failed };

struct StageHealth {
  std::string stage;
  StageState state = StageState::waiting;
  std::int64_t beat_age_ns = 0;  ///< since the last beat; meaningful while running
  std::int64_t limit_ns = 0;     ///< how old it may become
  std::string doing;             ///< what takes long, where the stage said so
  bool silent = false;           ///< running, and without a beat for longer than it may be
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
  /// Names of silent and of failed stages: empty is healthy.
  std::vector<std::string> unhealthy_stages() const;
  /// The whole process stood still until now, and no stage is to blame for it: ages count from here.
  void forgive_silence();

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
  std::atomic<std::int64_t> forgiven_ns_{0};
  bool started_ = false;
  mutable std::mutex failure_mutex_;
  std::optional<Failure> failure_;
};

}  // namespace ptero::runtime
