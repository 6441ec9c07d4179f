#pragma once
// Events, proto/events.md: what people and dashboards see. Each topic holds its newest value; older ones are
// dropped unseen, so an event is always a state, never a change.

#include <cstdint>
#include <map>
#include <optional>
#include <ptero/core/position.hpp>
#include <ptero/core/warning.hpp>
#include <ptero/wire/decode.hpp>
#include <string>
#include <vector>

namespace ptero::wire {

inline constexpr std::string_view topic_ledger = "ledger";
inline constexpr std::string_view topic_roi = "roi";
inline constexpr std::string_view topic_snapshot = "snapshot";
inline constexpr std::string_view topic_probe = "probe";
inline constexpr std::string_view topic_reconstruction = "reconstruction";
inline constexpr std::string_view topic_advice = "advice";
/// Followed by the service's name: its part of report.json.
inline constexpr std::string_view topic_report = "report.";
/// Followed by the service's name.
inline constexpr std::string_view topic_alarms = "alarms.";
inline constexpr std::string_view topic_health = "health.";
/// Followed by the service's name.
inline constexpr std::string_view topic_warnings = "warnings.";

struct LedgerEvent {
  std::string series_uid;
  std::map<std::string, std::uint64_t> counts;  ///< state -> frames
  bool ended = false;
};

struct RoiEvent {
  std::string series_uid;
  std::uint64_t revision = 0;
  std::uint64_t labelled = 0;
  std::uint64_t selected = 0;
  double latency_p50_ms = 0;  ///< frame to label
  double latency_p99_ms = 0;
  std::vector<FrameId> bad = {};    ///< first, last, first, last, ...: frames that a person marked
  std::uint64_t next_segments = 0;  ///< of the features from the next series on; 0: not told
  std::optional<double> latency_p99_recent_ms = {};  ///< of the last minute; nothing: no frame in it
};

/// What an image says of itself: doc/reconstruction.md has the codes.
struct Finding {
  std::string code;
  double number = 0;
  std::string sentence;
  bool operator==(const Finding&) const = default;
};

/// Parts behind the header: phase, radians, then coverage, then amplitude, f32, each rows x cols.
struct SnapshotEvent {
  std::string series_uid;
  std::uint64_t frames_used = 0;
  FrameId last_frame = 0;
  std::uint64_t iteration = 0;
  double amplitude_error = 0;
  double age_ms = 0;  ///< when sent: now minus the arrival of the newest frame in it
  Shape shape;
  double pixel_m = 0;
  bool converged = false;  ///< more iterations change nothing
  Position centre;         ///< the place of pixel (rows / 2, cols / 2), real-valued
  /// Amplitude error after each iteration, the last one's at the end; only the newest `most_errors` travel.
  std::vector<double> errors;
  static constexpr std::size_t most_errors = 4096;
  double noise_floor = 0;  ///< amplitude error that counting noise alone leaves; 0: not known
  /// What speaks against the image, the weightiest first; else one, `converged` or `iterating`. Empty: not
  /// told.
  std::vector<Finding> verdict = {};
};

/// Part behind the header: modes x rows x cols complex64.
struct ProbeEvent {
  std::string series_uid;
  std::uint64_t iteration = 0;
  std::uint64_t modes = 0;  ///< incoherent ones, the strongest first
  Shape shape;              ///< of each mode
  double pixel_m = 0;
};

/// Whether the reconstruction goes on: a person may have stopped it, and frames are taken all the same.
struct ReconstructionEvent {
  std::string series_uid;
  bool running = true;
  std::uint64_t frames = 0;  ///< in the image
  std::uint64_t iteration = 0;
  std::uint64_t waiting = 0;                           ///< selected, and neither in the image nor left out
  std::map<std::string, std::uint64_t> left_out = {};  ///< reason -> selected frames
};

/// Where the scan should go next. Whoever follows it looks at `expires_utc_ns` first.
struct AdviceEvent {
  std::string series_uid;
  std::string standing = "none";  ///< "none": nothing may be followed now; "proposed" or "accepted"
  std::string mode;               ///< of steering: "propose" or "automatic"; empty: not told
  std::uint64_t id = 0;
  std::uint64_t revision = 0;      ///< of the RoI set
  std::string action = "measure";  ///< or "stop"
  double confidence = 0;           ///< 0..1
  std::int64_t issued_utc_ns = 0;
  std::int64_t expires_utc_ns = 0;
  double left_m = 0, top_m = 0, right_m = 0, bottom_m = 0;  ///< the bounds it stays within
  double dose = 0;                                          ///< of the points
  double dose_left = 0;                                     ///< of the budget, before them; may be infinite
  double step_m = 0;
  std::vector<FrameId> skip;                  ///< first, last, first, last, ... frames of the plan
  std::vector<std::vector<Position>> region;  ///< rings; inside: within an odd number of them
  std::vector<Position> points;               ///< in the order to visit them
};

/// A service's part of report.json, as JSON text.
struct ReportEvent {
  std::string series_uid;
  std::string json;
};

/// All alarms of a service that are active, the critical ones first.
struct AlarmsEvent {
  struct Alarm {
    std::string id;
    std::string severity;  ///< warning, critical
    std::string sentence;
    std::int64_t since_utc_ns = 0;
  };
  std::string service;
  std::vector<Alarm> alarms;
};

/// What a service suspects of a series: its result stands, and a person should know.
struct WarningsEvent {
  std::string service;
  std::string series_uid;
  Warnings warnings;
};

/// How a service is.
struct HealthEvent {
  struct Stage {
    std::string stage;
    std::string state;    ///< waiting, running, silent, finished, failed
    double silent_s = 0;  ///< since its last sign of life, while it runs
    std::string doing;    ///< what it said that takes long; empty: nothing of the kind
  };
  std::string service;
  bool ready = false;
  double uptime_s = 0;
  std::uint64_t level = 0;  ///< of degradation: 0 nothing is left out
  double load = 0;          ///< what the level follows: 1 is as far behind as it may be
  std::vector<Stage> stages;
};

Bytes encode(const LedgerEvent& event);
Bytes encode(const RoiEvent& event);
Bytes encode(const SnapshotEvent& event);
Bytes encode(const ProbeEvent& event);
Bytes encode(const ReconstructionEvent& event);
Bytes encode(const AdviceEvent& event);
Bytes encode(const ReportEvent& event);
Bytes encode(const AlarmsEvent& event);
Bytes encode(const HealthEvent& event);
Bytes encode(const WarningsEvent& event);
Decoded<LedgerEvent> decode_ledger_event(const Bytes& bytes);
Decoded<RoiEvent> decode_roi_event(const Bytes& bytes);
Decoded<SnapshotEvent> decode_snapshot_event(const Bytes& bytes);
Decoded<ProbeEvent> decode_probe_event(const Bytes& bytes);
Decoded<ReconstructionEvent> decode_reconstruction_event(const Bytes& bytes);
Decoded<AdviceEvent> decode_advice_event(const Bytes& bytes);
Decoded<ReportEvent> decode_report_event(const Bytes& bytes);
Decoded<AlarmsEvent> decode_alarms_event(const Bytes& bytes);
Decoded<HealthEvent> decode_health_event(const Bytes& bytes);
Decoded<WarningsEvent> decode_warnings_event(const Bytes& bytes);

}  // namespace ptero::wire
