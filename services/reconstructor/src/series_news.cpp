#include "series_news.hpp"

#include <ptero/runtime/clock.hpp>
#include <ptero/wire/events.hpp>
#include <ptero/wire/views.hpp>

#include "snapshot_events.hpp"

namespace ptero::reconstructor {

namespace {
// The probe changes slowly, and its modes are as large as a picture each.
constexpr std::int64_t probe_every_ns = 2'000'000'000;
}  // namespace

void SeriesNews::begin() {
  ages_.emplace(histogram_);
  newest_shown_ns_ = last_probe_ns_ = 0;
  told_warnings_.reset();
}

bool SeriesNews::snapshot_due(double every_s) const {
  return static_cast<double>(runtime::steady_now_ns() - last_snapshot_ns_) > every_s * 1e9;
}

void SeriesNews::tell_snapshot(const SeriesJob& job, bool running, Extras extras) {
  const auto snapshot = job.snapshot();
  last_snapshot_ns_ = runtime::steady_now_ns();
  if (snapshot.object.empty()) return;
  const auto age_ns = last_snapshot_ns_ - job.newest_arrival_ns();
  // Later snapshots of the same frames are better pictures, not later ones.
  if (job.newest_arrival_ns() > newest_shown_ns_) ages_->record_ns(age_ns);
  newest_shown_ns_ = job.newest_arrival_ns();
  events_.publish(wire::topic_snapshot, snapshot_event(job.info().uid, snapshot, verdict_of(snapshot),
                                                       job.last_error(), static_cast<double>(age_ns) * 1e-6));
  tell_running(job, running);
  const bool probe_due = last_snapshot_ns_ - last_probe_ns_ >= probe_every_ns && extras == Extras::probe;
  if (!probe_due && !job.done()) return;
  last_probe_ns_ = last_snapshot_ns_;
  events_.publish(wire::topic_probe, probe_event(job.info().uid, snapshot));
  if (options_.engine.positions.refine)
    events_.publish(wire::topic_positions, positions_event(job.info().uid, snapshot, job.positions()));
}

void SeriesNews::tell_running(const SeriesJob& job, bool running) {
  const auto use = job.use();
  wire::ReconstructionEvent event{job.info().uid, running, use.in_image, job.epochs(), use.waiting, {}};
  for (const LeftOut why : all_left_out)
    if (use[why] > 0) event.left_out[std::string(name_of(why))] = use[why];
  events_.publish(wire::topic_reconstruction, {wire::encode(event)});
}

void SeriesNews::tell_warnings(const SeriesJob& job) {
  auto warnings = job.warnings();
  if (warnings == told_warnings_) return;
  told_warnings_ = warnings;
  events_.publish(std::string(wire::topic_warnings) + "reconstructor",
                  {wire::encode(wire::WarningsEvent{"reconstructor", job.info().uid, std::move(warnings)})});
}

void SeriesNews::tell_report(const std::string& uid, const std::string& report) {
  events_.publish(std::string(wire::topic_report) + "reconstructor",
                  {wire::encode(wire::ReportEvent{uid, report})});
}

void SeriesNews::tell_finished(const EarlierSeries& series) {
  const std::string& uid = series.finished->series_uid;
  const auto snapshot = shown_by(product::read_product(series.file), series.finished->report);
  const double last_error = snapshot.errors.empty() ? 0 : snapshot.errors.back();
  events_.publish(wire::topic_snapshot,
                  snapshot_event(uid, snapshot, verdict_in(series.finished->report), last_error, 0));
  events_.publish(wire::topic_probe, probe_event(uid, snapshot));
}

}  // namespace ptero::reconstructor
