#include <ptero/services/host/refusal_log.hpp>

#include <utility>

#include <ptero/runtime/clock.hpp>
#include <ptero/telemetry/log.hpp>

namespace ptero::host {

namespace {

using Side = transport::Refusal::Side;
constexpr std::int64_t a_line_every_ns = 10'000'000'000;

void log(const transport::Refusal& refusal, std::uint64_t count) {
  const auto why = name_of(refusal.reason);
  if (refusal.side == Side::connected)
    telemetry::log_warning("the other end did not take us in; look at the keys in [curve] of both",
                           {{"endpoint", refusal.endpoint}, {"why", why}, {"times", count}});
  else if (refusal.reason == transport::RefusalReason::not_allowed)
    telemetry::log_warning("connection refused: its key is not on the list [curve] allowed",
                           {{"from", refusal.peer}, {"public_key", refusal.public_key}, {"times", count}});
  else if (refusal.reason == transport::RefusalReason::no_right)
    telemetry::log_warning("connection refused: " + refusal.what + "; see its rights in [curve] allowed",
                           {{"from", refusal.peer}, {"public_key", refusal.public_key}, {"times", count}});
  else if (refusal.reason == transport::RefusalReason::too_much)
    telemetry::log_warning("a peer was cut off: " + refusal.what, {{"endpoint", refusal.endpoint},
                                                                   {"from", refusal.peer},
                                                                   {"public_key", refusal.public_key},
                                                                   {"times", count}});
  else
    telemetry::log_warning("connection refused",
                           {{"endpoint", refusal.endpoint}, {"why", why}, {"times", count}});
}

}  // namespace

RefusalLog::RefusalLog(const std::string& service)
    : metrics_(service),
      total_(metrics_.counters("ptero_connections_refused_total",
                               {{"bound", "connected"}, telemetry::names_of(transport::refusal_reasons)})) {}

void RefusalLog::note(const transport::Refusal& refusal) {
  std::uint64_t count = 0;
  {
    const std::lock_guard lock(mutex_);
    total_.add({refusal.side == Side::bound ? "bound" : "connected", std::string(name_of(refusal.reason))});
    Told& counted = told_[{refusal.side, refusal.reason}];
    ++counted.since_last_line;
    const auto now = runtime::steady_now_ns();
    if (counted.last_line_ns != 0 && now - counted.last_line_ns < a_line_every_ns) return;
    counted.last_line_ns = now;
    std::swap(count, counted.since_last_line);
  }
  log(refusal, count);
}

}  // namespace ptero::host
