#include "advice_ear.hpp"

#include <algorithm>

#include <ptero/runtime/clock.hpp>
#include <ptero/transport/event_publisher.hpp>

namespace ptero::detector {

namespace {
constexpr std::int64_t longest_validity_ns = 86'400'000'000'000;  // no desk gives longer
}

std::optional<steering::Advice> advice_of(const wire::AdviceEvent& event, std::int64_t now_steady_ns,
                                          std::int64_t now_utc_ns) {
  using namespace steering;
  const bool accepted = event.standing == name_of(Standing::accepted);
  const bool stop = event.action == name_of(Action::stop);
  if (!accepted && event.standing != name_of(Standing::proposed)) return std::nullopt;
  if (!stop && event.action != name_of(Action::measure)) return std::nullopt;
  if (event.issued_utc_ns < 0 || event.expires_utc_ns < event.issued_utc_ns) return std::nullopt;
  const auto age_ns = std::max<std::int64_t>(now_utc_ns - event.issued_utc_ns, 0);
  const auto issued_ns = now_steady_ns - age_ns;
  const auto validity_ns = std::min(event.expires_utc_ns - event.issued_utc_ns, longest_validity_ns);
  return Advice{.id = event.id,
                .revision = event.revision,
                .action = stop ? Action::stop : Action::measure,
                .standing = accepted ? Standing::accepted : Standing::proposed,
                .confidence = event.confidence,
                .issued_ns = issued_ns,
                .expires_ns = issued_ns + validity_ns,
                .bounds = {event.left_m, event.top_m, event.right_m, event.bottom_m},
                .dose = event.dose,
                .dose_left = event.dose_left,
                .step_m = event.step_m,
                .region = event.region,
                .points = event.points};
}

AdviceEar::AdviceEar(transport::Context& context, const std::string& endpoint, std::string series_uid)
    : socket_(context, transport::SocketKind::sub, {.longest_silence = transport::events_silence}),
      series_uid_(std::move(series_uid)) {
  socket_.connect(endpoint);
  socket_.subscribe(std::string(wire::topic_advice));
}

std::optional<AdviceEar::Word> AdviceEar::hear(std::chrono::milliseconds wait) {
  for (; const auto event = socket_.receive(wait); wait = std::chrono::milliseconds(0)) {
    // Topics are told apart by their beginnings.
    if (event->size() < 2 || event->front().text() != wire::topic_advice) continue;
    const auto said = wire::decode_advice_event((*event)[1]);
    if (said && said->series_uid == series_uid_)
      return Word{advice_of(*said, runtime::steady_now_ns(), runtime::utc_now_ns())};
  }
  return std::nullopt;
}

}  // namespace ptero::detector
