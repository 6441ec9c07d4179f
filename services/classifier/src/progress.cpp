#include "progress.hpp"

#include <nlohmann/json.hpp>

#include <ptero/runtime/clock.hpp>
#include <ptero/scan/roi_outputs.hpp>
#include <ptero/wire/events.hpp>

namespace ptero::classifier {

Progress::Progress(Tools tools)
    : tools_(tools),
      recent_(tools_.latency, 60'000'000'000),
      selected_(tools_.metrics.gauge("ptero_classifier_selected_frames")),
      revision_(tools_.metrics.gauge("ptero_classifier_revision")) {}

void Progress::begin(const SeriesInfo& info) {
  began_ns_ = runtime::steady_now_ns();
  info_ = std::make_shared<const SeriesInfo>(info);
  map_ = {};
}

/// Previews are the first to be left out by a classifier that is behind.
std::int64_t Progress::pause_ns() const {
  return tools_.self.at_least(runtime::Degradation::snapshots)  ? 10'000'000'000
         : tools_.self.at_least(runtime::Degradation::previews) ? 2'000'000'000
                                                                : 0;
}

void Progress::show(const Frame& frame) {
  const auto now = runtime::steady_now_ns();
  if (now - shown_ns_ < pause_ns()) return;
  shown_ns_ = now;
  preview_.offer({info_, frame, map_.least_flagged(), map_.saturated_frames()});
}

void Progress::run_preview(std::stop_token stop, runtime::Heartbeat& beat) {
  preview_.run(stop, beat, [this](const wire::PreviewEvent& event) {
    tools_.events.publish(wire::topic_frame, wire::encode(event));
  });
}

void Progress::publish(const SeriesSession& session, bool now) {
  selected_.set(static_cast<double>(session.set().size()));
  revision_.set(static_cast<double>(session.set().revision()));
  const auto t = runtime::steady_now_ns();
  if (!now && t - published_ns_ < pause_ns()) return;
  map_.publish(session, tools_.events, now);
  if (!now && t - published_ns_ < 200'000'000) return;
  published_ns_ = t;
  publish_roi(session);
}

void Progress::publish_roi(const SeriesSession& session) {
  const auto l = tools_.latency.summary();
  wire::RoiEvent event{.series_uid = session.info().uid,
                       .revision = session.set().revision(),
                       .labelled = session.labelled(),
                       .selected = session.set().size(),
                       .latency_p50_ms = l.p50_ms,
                       .latency_p99_ms = l.p99_ms,
                       .next_segments = static_cast<std::uint64_t>(tools_.wishes.segments()),
                       .latency_p99_recent_ms = recent_.quantile_ms(0.99, runtime::steady_now_ns())};
  for (const auto& [first, last] : session.bad().ranges()) event.bad.insert(event.bad.end(), {first, last});
  tools_.events.publish(wire::topic_roi, {wire::encode(event)});
}

void Progress::conclude(const SeriesSession& session, scan::MethodOptions method,
                        const std::filesystem::path& folder) {
  publish(session, true);
  const auto start_ns = runtime::steady_now_ns();
  const auto& info = session.info();
  scan::write_roi_files(folder, info, session.table(), session.classification());
  method.roi.border = session.shape().border;
  method.roi.fill_in = session.shape().fill_in;
  auto report = nlohmann::json::parse(
      scan::roi_report(method, session.table(), session.classification(), session.centre()));
  const auto l = tools_.latency.summary();
  report["latency_ms"]["frame_to_label"] = {{"p50", l.p50_ms}, {"p99", l.p99_ms}, {"max", l.max_ms}};
  report["seconds"]["roi_outputs"] = static_cast<double>(runtime::steady_now_ns() - start_ns) * 1e-9;
  tools_.events.publish(
      std::string(wire::topic_report) + "classifier",
      {wire::encode(wire::ReportEvent{
          info.uid, tools_.self.with_alarms(
                        report.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace), began_ns_)})});
}

}  // namespace ptero::classifier
