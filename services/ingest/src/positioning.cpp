#include "positioning.hpp"

#include <fmt/format.h>

#include <algorithm>

#include <utility>

#include "frame_activity.hpp"
#include "join_report_json.hpp"
#include "position_table.hpp"

namespace ptero::ingest {

namespace {
/// A stage says something several times a second.
constexpr double silence_s = 2;
/// A hole is one thing, no positions any more another.
constexpr std::uint64_t most_without = 32;

bool ends_series(const Arrival& arrival) {
  return arrival.message && std::holds_alternative<wire::StreamEnd>(*arrival.message);
}

/// In memory: the message and what is kept about it.
std::size_t cost(const Arrival& arrival) {
  return arrival.bytes + sizeof(Arrival) + 256;
}
}  // namespace

Positioning::Positioning(const PositionSource& source, PositionOptions options, PositionInbox& inbox,
                         telemetry::Metrics& metrics, runtime::Alarms& alarms, PositioningOutlets outlets)
    : inbox_(inbox),
      alarms_(alarms),
      outlets_(std::move(outlets)),
      options_(std::move(options)),
      table_(source.kind == PositionSource::Kind::file ? read_position_table(source.where, options_)
                                                       : std::vector<positions::Sample>()),
      joiner_(options_.join),
      joined_(metrics.counters("ptero_ingest_join_frames_total", {telemetry::names_of(all_join_outcomes)})),
      held_frames_gauge_(metrics.gauge("ptero_ingest_held_frames")),
      held_bytes_gauge_(metrics.gauge("ptero_ingest_held_bytes")),
      suspicions_(metrics.gauge("ptero_ingest_join_suspicions")) {
  if (!table_.empty()) joiner_.set_table(table_);
  table_ = {};
}

void Positioning::resume(std::int64_t now_ns) {
  if (const auto* series = outlets_.running()) open(*series, now_ns, positions::Begin::resumed);
}

void Positioning::take(const Arrival& arrival, std::int64_t now_ns) {
  held_.push_back(arrival);
  held_bytes_ += cost(arrival);
  advance(now_ns);
}

bool Positioning::holds_start(std::int64_t t_arrival_ns) const {
  if (held_.empty()) return false;
  const Arrival& last = held_.back();
  return last.t_arrival_ns == t_arrival_ns && last.message &&
         std::holds_alternative<SeriesInfo>(*last.message);
}

void Positioning::advance(std::int64_t now_ns) {
  for (const auto& event : inbox_.take()) {
    stage_heard_ns_ = event.t_arrival_ns;
    joiner_.take(event.event, event.t_arrival_ns);
  }
  while (!held_.empty() && release(held_.front(), now_ns, std::nullopt)) pop();
  while (held_bytes_ > options_.held_bytes && release(held_.front(), now_ns, JoinOutcome::crowded_out)) pop();
  held_frames_gauge_.set(static_cast<double>(held_.size()));
  held_bytes_gauge_.set(static_cast<double>(held_bytes_));
  watch(now_ns);
}

void Positioning::watch(std::int64_t now_ns) {
  // An end waits for the stage's own; that is no fault.
  if (!series_ || held_.empty() || ends_series(held_.front())) return;
  const auto since = std::max(stage_heard_ns_, held_.front().t_arrival_ns);
  const double wait_s = std::min(silence_s, options_.join.max_wait_s);
  if (static_cast<double>(now_ns - since) < wait_s * 1e9) return;
  say_stopped(
      fmt::format("frames come, and the stage has said no position for {:.1f} s: {} of them wait; look at "
                  "its controller and its connection",
                  static_cast<double>(now_ns - since) * 1e-9, held_.size()));
}

void Positioning::say_stopped(const std::string& sentence) {
  if (alarms_.is_active("positions_stopped")) return;
  alarms_.raise("positions_stopped", sentence);
  outlets_.warn({"positions_stopped", sentence});
}

void Positioning::count_without(FrameId id, JoinOutcome outcome) {
  if (outcome == JoinOutcome::joined) {
    // With a file nobody hears of the stage; a position is as good a word.
    if (std::exchange(without_, 0) >= most_without) alarms_.clear("positions_stopped");
    return;
  }
  if (outcome == JoinOutcome::skipped || ++without_ != most_without) return;
  say_stopped(fmt::format("{} frames in a row up to {} have no position of their own (the last: {}){}",
                          without_, id, name_of(outcome),
                          has_position(outcome)
                              ? ", and lie at the place of others: missing_positions says so"
                              : ": look at the stage and at index_offset"));
}

void Positioning::finish() {
  for (const auto& event : inbox_.take()) joiner_.take(event.event, event.t_arrival_ns);
  while (!held_.empty() && release(held_.front(), 0, JoinOutcome::ended)) pop();
  close();
}

void Positioning::pop() {
  held_bytes_ -= cost(held_.front());
  held_.pop_front();
}

bool Positioning::release(Arrival& arrival, std::int64_t now_ns, std::optional<JoinOutcome> reason) {
  if (arrival.message) {
    if (auto* info = std::get_if<SeriesInfo>(&*arrival.message)) {
      release_start(arrival, *info);
      return true;
    }
    if (auto* message = std::get_if<wire::StreamFrame>(&*arrival.message))
      return release_frame(arrival, *message, now_ns, reason);
    if (std::get<wire::StreamEnd>(*arrival.message).series == series_) {
      if (!reason && stage_goes_on(arrival, now_ns)) return false;
      close();
    }
  }
  outlets_.take(arrival);
  return true;
}

bool Positioning::stage_goes_on(const Arrival& end, std::int64_t now_ns) const {
  const auto seconds_since = [now_ns](std::int64_t then) {
    return static_cast<double>(now_ns - then) * 1e-9;
  };
  const double longest = options_.join.max_wait_s;
  return joiner_.arm_runs() && seconds_since(end.t_arrival_ns) < longest &&
         seconds_since(std::max(stage_heard_ns_, end.t_arrival_ns)) < std::min(silence_s, longest);
}

void Positioning::release_start(Arrival& arrival, SeriesInfo& info) {
  close();
  // A plan would place the frames whose position did not come: nothing is guessed.
  if (info.raster) arrival.native.clear();
  info.raster.reset();
  outlets_.take(arrival);
  if (const auto* series = outlets_.running()) open(*series, arrival.t_arrival_ns, positions::Begin::fresh);
}

bool Positioning::release_frame(Arrival& arrival, wire::StreamFrame& message, std::int64_t now_ns,
                                std::optional<JoinOutcome> reason) {
  if (!series_) {  // its start could not be recorded
    outlets_.take(arrival);
    return true;
  }
  Frame& frame = message.frame;
  const auto joined =
      reason ? joiner_.decide_now(frame.id, *reason) : joiner_.decide(frame.id, arrival.t_arrival_ns, now_ns);
  if (!joined) return false;
  joined_.add(name_of(joined->outcome));
  arrival.join = joined->outcome;
  count_without(frame.id, joined->outcome);
  arrival.native.clear();  // it carries another position, or none
  frame.position = joined->position;
  if (joined->monitor) frame.monitor = joined->monitor;
  if (frame.position) offset_.add(frame.id, *frame.position, frame_activity(frame));
  outlets_.take(arrival);
  return true;
}

void Positioning::open(const SeriesInfo& info, std::int64_t start_ns, positions::Begin how) {
  series_ = info.id;
  object_pixel_m_ = info.object_pixel_for(info.frame_shape.cols);
  patch_m_ = object_pixel_m_ * static_cast<double>(info.frame_shape.cols);
  pixels_unknown_ = options_.unit == "px" && object_pixel_m_ == 0;
  const bool pixels = options_.unit == "px" && object_pixel_m_ > 0;
  joiner_.begin(start_ns, how, pixels ? std::optional(object_pixel_m_) : std::nullopt);
  offset_ = positions::OffsetCheck();
  without_ = 0;
  alarms_.clear("positions_stopped");
}

void Positioning::check_step(positions::JoinReport& report) const {
  const double step = report.median_step_m;
  const double largest = options_.probe_size_m > 0 ? options_.probe_size_m : patch_m_;
  if (pixels_unknown_)
    report.suspicions.push_back(
        "positions are given in object pixels, whose size is not known: they were taken for metres");
  else if (step > 0 && object_pixel_m_ > 0 && (step < object_pixel_m_ || step > largest))
    report.suspicions.push_back(
        fmt::format("the median step of {:.3g} m lies outside {:.3g} m (one object pixel) to {:.3g} m ({}): "
                    "unit, scale or "
                    "axes of the positions may be wrong",
                    step, object_pixel_m_, largest, options_.probe_size_m > 0 ? "the probe" : "one patch"));
}

void Positioning::close() {
  if (!series_) return;
  series_.reset();
  auto report = joiner_.end();
  check_step(report);
  if (const auto slip = offset_.result())
    report.suspicions.push_back(fmt::format(
        "neighbouring lines agree {:.1f} times better with index_offset = {} instead of {}: frames and "
        "positions "
        "may be off by {}",
        slip->gain, options_.join.index_offset + slip->shift, options_.join.index_offset, slip->shift));
  if (!report.armed)
    report.suspicions.push_back(report.other_scan > 0
                                    ? "no arm of the stage's controller belonged to this series, though "
                                      "samples came: it was armed long "
                                      "before (arm_window_s), or its start was not heard (accept_unstarted)"
                                    : "no positions came at all");
  suspicions_.set(static_cast<double>(report.suspicions.size()));
  for (const auto& suspicion : report.suspicions) {
    log_.warning(suspicion);
    outlets_.warn({"positions", suspicion});
  }
  outlets_.report(json_of(report));
}

}  // namespace ptero::ingest
