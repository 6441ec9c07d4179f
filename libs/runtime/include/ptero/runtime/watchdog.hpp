#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <ptero/runtime/alarms.hpp>
#include <ptero/runtime/service.hpp>
#include <string>
#include <thread>
#include <vector>

namespace ptero::runtime {

struct WatchdogOptions {
  /// How much longer than it may a stage is silent before it is given up; 0: for ever.
  double give_up_after_s = 30;
  double look_every_s = 0.25;
};

/// A stage that no longer answers.
struct Silence {
  std::string service;
  std::string stage;
  std::string doing;  ///< what it had announced; empty: nothing
  double seconds = 0;

  /// "stage solve gives no sign of life for 12 s (reconstructing)"
  std::string sentence() const;
};

/// Looks after the stages of services, on a thread of its own: while one is silent for longer than it may, an
/// alarm rings, and when it is silent for much longer, it is given up. A process that stood still as a whole
/// (stopped, or starved of processors) is no stage's silence.
class Watchdog {
 public:
  struct Watched {
    Service* service;
    Alarms* alarms;  ///< null: it rings nowhere
  };
  /// Of every service's alarms.
  static constexpr const char* alarm = "stage_silent";

  /// All of it outlives the watchdog. `give_up` is called once, by the watchdog's thread.
  Watchdog(std::vector<Watched> watched, WatchdogOptions options,
           std::function<void(const Silence&)> give_up);

  /// One look, as the thread takes it; `now_ns` on the steady clock. Returns the stage to be given up, if
  /// any.
  std::optional<Silence> look(std::int64_t now_ns);

 private:
  void run(const std::stop_token& stop);

  const std::vector<Watched> watched_;
  const WatchdogOptions options_;
  const std::function<void(const Silence&)> give_up_;
  std::int64_t last_look_ns_ = 0;
  std::jthread thread_;
};

}  // namespace ptero::runtime
