#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <ptero/core/warning.hpp>
#include <ptero/positions/joiner.hpp>
#include <ptero/positions/offset_check.hpp>
#include <ptero/runtime/alarms.hpp>
#include <ptero/services/ingest/position_options.hpp>
#include <ptero/telemetry/log.hpp>
#include <ptero/telemetry/metrics.hpp>

#include "position_inbox.hpp"
#include "source.hpp"

namespace ptero::ingest {

/// Where messages go once their frames have a position, or never will.
struct PositioningOutlets {
  std::function<void(const Arrival&)> take;
  /// How the frames of the running series were joined, as JSON; before the message that ends it.
  std::function<void(std::string)> report;
  /// What looks wrong with the running series' positions.
  std::function<void(Warning)> warn;
  /// The running series as it is recorded, with what the configuration says over the detector; null: none.
  std::function<const SeriesInfo*()> running;
};

/// Between the detector's messages and the recorder where positions come apart from the frames: holds every
/// message until the position of the frame in it is known or given up. Messages leave in the order they came,
/// so that the journal does not depend on when a position came. Used by one thread.
class Positioning {
 public:
  /// Throws InputError when a file of positions cannot be read.
  Positioning(const PositionSource& source, PositionOptions options, PositionInbox& inbox,
              telemetry::Metrics& metrics, runtime::Alarms& alarms, PositioningOutlets outlets);

  /// A series of an earlier process goes on.
  void resume(std::int64_t now_ns);
  void take(const Arrival& arrival, std::int64_t now_ns);
  /// The last message came then, is a start, and waits behind frames.
  bool holds_start(std::int64_t t_arrival_ns) const;
  /// Looks at what the stage said meanwhile, and lets go what can go.
  void advance(std::int64_t now_ns);
  /// Nothing more will come: everything goes, the series is reported.
  void finish();

 private:
  /// False: it must wait. reason: why it may not.
  bool release(Arrival& arrival, std::int64_t now_ns, std::optional<JoinOutcome> reason);
  bool release_frame(Arrival& arrival, wire::StreamFrame& message, std::int64_t now_ns,
                     std::optional<JoinOutcome> reason);
  void release_start(Arrival& arrival, SeriesInfo& info);
  /// The stage may still say that its arm stopped, and how: the report of a series must not depend on which
  /// of the two ends was heard first.
  bool stage_goes_on(const Arrival& end, std::int64_t now_ns) const;
  void open(const SeriesInfo& info, std::int64_t start_ns, positions::Begin how);
  void close();
  /// Says so while frames come and positions do not.
  void watch(std::int64_t now_ns);
  void count_without(FrameId id, JoinOutcome outcome);
  void say_stopped(const std::string& sentence);
  void check_step(positions::JoinReport& report) const;
  void pop();

  PositionInbox& inbox_;
  runtime::Alarms& alarms_;
  PositioningOutlets outlets_;
  PositionOptions options_;
  std::vector<positions::Sample> table_;  // of a file, until the joiner has it
  positions::Joiner joiner_;
  positions::OffsetCheck offset_;
  std::deque<Arrival> held_;
  std::size_t held_bytes_ = 0;
  std::optional<std::uint64_t> series_;  // null between series
  std::int64_t stage_heard_ns_ = 0;      // the newest word of the stage
  std::uint64_t without_ = 0;            // frames in a row that lack a position of their own
  double object_pixel_m_ = 0;
  double patch_m_ = 0;
  bool pixels_unknown_ = false;
  telemetry::Counters joined_;  // frames by outcome
  telemetry::Gauge held_frames_gauge_, held_bytes_gauge_, suspicions_;
  telemetry::Logger log_{"ingest"};
};

}  // namespace ptero::ingest
