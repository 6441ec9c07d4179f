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

RefusalLog::RefusalLog(const std::string& service) : metrics_(service) {
  for (const Side side : {Side::bound, Side::connected})
    for (const auto reason : transport::refusal_reasons)
      counted_.emplace(Kind{side, reason},
                       Counted{metrics_.counter("ptero_connections_refused_total",
                                                "Connections that did not come about or were cut off",
                                                {{"side", side == Side::bound ? "bound" : "connected"},
                                                 {"reason", std::string(name_of(reason))}})});
}

void RefusalLog::note(const transport::Refusal& refusal) {
  std::uint64_t count = 0;
  {
    const std::lock_guard lock(mutex_);
    Counted& counted = counted_.at({refusal.side, refusal.reason});
    counted.total.add();
    ++counted.since_last_line;
    const auto now = runtime::steady_now_ns();
    if (counted.last_line_ns != 0 && now - counted.last_line_ns < a_line_every_ns) return;
    counted.last_line_ns = now;
    std::swap(count, counted.since_last_line);
  }
  log(refusal, count);
}

}  // namespace ptero::host
