#pragma once
// Events, proto/events.md: what people and dashboards see. Each topic holds its newest value; older ones are
// dropped unseen, so an event is always a state, never a change.

#include <cstdint>
#include <map>
#include <ptero/wire/decode.hpp>
#include <string>
#include <vector>

namespace ptero::wire {

inline constexpr std::string_view topic_ledger = "ledger";
inline constexpr std::string_view topic_roi = "roi";
inline constexpr std::string_view topic_snapshot = "snapshot";
inline constexpr std::string_view topic_probe = "probe";
/// Followed by the service's name: its part of report.json.
inline constexpr std::string_view topic_report = "report.";

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
};

/// Part behind the header: modes x rows x cols complex64.
struct ProbeEvent {
  std::string series_uid;
  std::uint64_t iteration = 0;
  std::uint64_t modes = 0;  ///< incoherent ones, the strongest first
  Shape shape;              ///< of each mode
  double pixel_m = 0;
};

/// A service's part of report.json, as JSON text.
struct ReportEvent {
  std::string series_uid;
  std::string json;
};

Bytes encode(const LedgerEvent& event);
Bytes encode(const RoiEvent& event);
Bytes encode(const SnapshotEvent& event);
Bytes encode(const ProbeEvent& event);
Bytes encode(const ReportEvent& event);
Decoded<LedgerEvent> decode_ledger_event(const Bytes& bytes);
Decoded<RoiEvent> decode_roi_event(const Bytes& bytes);
Decoded<SnapshotEvent> decode_snapshot_event(const Bytes& bytes);
Decoded<ProbeEvent> decode_probe_event(const Bytes& bytes);
Decoded<ReportEvent> decode_report_event(const Bytes& bytes);

}  // namespace ptero::wire
