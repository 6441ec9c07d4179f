#include <cmath>
#include <condition_variable>
#include <mutex>
#include <ptero/runtime/clock.hpp>
#include <ptero/runtime/watchdog.hpp>

namespace ptero::runtime {

namespace {
// A look that comes later than this was not late by chance.
constexpr double standstill_s = 1;

double seconds(std::int64_t ns) {
  return static_cast<double>(ns) * 1e-9;
}
}  // namespace

std::string Silence::sentence() const {
  return "stage " + stage + " gives no sign of life for " + std::to_string(std::llround(seconds)) + " s" +
         (doing.empty() ? "" : " (" + doing + ")");
}

Watchdog::Watchdog(std::vector<Watched> watched, WatchdogOptions options,
                   std::function<void(const Silence&)> give_up)
    : watched_(std::move(watched)),
      options_(options),
      give_up_(std::move(give_up)),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

void Watchdog::run(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any never;
  const auto pause = std::chrono::duration<double>(options_.look_every_s);
  while (true) {
    {
      std::unique_lock lock(mutex);
      never.wait_for(lock, stop, pause, [] { return false; });
    }
    if (stop.stop_requested()) return;
    if (const auto gone = look(steady_now_ns())) return give_up_(*gone);
  }
}

std::optional<Silence> Watchdog::look(std::int64_t now_ns) {
  const bool stood_still =
      last_look_ns_ != 0 && seconds(now_ns - last_look_ns_) > options_.look_every_s + standstill_s;
  last_look_ns_ = now_ns;
  if (stood_still)
    for (const auto& one : watched_) one.service->forgive_silence();
  std::optional<Silence> gone;
  for (const auto& one : watched_) {
    std::string said;
    for (const auto& stage : one.service->health()) {
      if (!stage.silent) continue;
      const Silence silence{one.service->name(), stage.stage, stage.doing, seconds(stage.beat_age_ns)};
      const double over_s = seconds(stage.beat_age_ns - stage.limit_ns);
      if (options_.give_up_after_s > 0 && over_s > options_.give_up_after_s) gone = silence;
      said += (said.empty() ? "" : "; ") + ("stage " + stage.stage + " gives no sign of life") +
              (stage.doing.empty() ? "" : " (" + stage.doing + ")");
    }
    if (one.alarms == nullptr) continue;
    if (said.empty())
      one.alarms->clear(alarm);
    else
      one.alarms->raise(alarm, said);
  }
  return gone;
}

}  // namespace ptero::runtime
