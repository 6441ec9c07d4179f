#pragma once

#include <filesystem>
#include <functional>
#include <optional>

#include <ptero/scan/solver_options.hpp>
#include <ptero/synth/simulator.hpp>
#include <ptero/wire/events.hpp>

#include "bench/processor_use.hpp"

namespace ptero::tools {

/// A simulated scan through ingest, classifier and reconstructor over TCP, all threads in this process, the
/// frames made before it begins.
struct LiveScanOptions {
  synth::SimulatorOptions simulation;
  double rate_hz = 200;
  bool select_all = true;  ///< reconstruct the whole field instead of a region of interest
  scan::SolverOptions solver;
  double snapshot_every_s = 1;
  double watch_s = 30;        ///< after the last frame: when the error is read off
  std::filesystem::path out;  ///< folder of the results
  /// Asked of snapshots while a quarter of the frames is there: the detector waits until it says yes, a
  /// minute at most. None: it goes on at once.
  std::function<bool(const wire::SnapshotEvent&)> seen_enough;
};

/// A picture as somebody who watches had it.
struct SeenPicture {
  wire::SnapshotEvent event;
  Image<std::complex<float>> object;
  Image<float> coverage;
};

struct LiveScanResult {
  std::size_t frames = 0;  ///< sent
  std::size_t used = 0;    ///< in the final picture
  SeenPicture quarter;     ///< the newest picture when a quarter of the frames had been sent
  /// Of its phase, against the final picture's, inside the area that it covers.
  double ssim_quarter = 0;
  double ssim_truth = 0;  ///< of the final picture
  double error_live = 0;  ///< amplitude error `watch_s` after the last frame, or at the end before that
  double error_batch =
      0;  ///< of the same frames, all there from the beginning, after as many epochs as usual
  std::size_t epochs_live = 0, epochs_batch = 0;
  std::size_t epochs_at_quarter = 0, epochs_at_last = 0;
  double age_p50_ms = 0, age_p99_ms = 0;  ///< from a frame's arrival to the snapshot that has it
  double seconds_after_last = 0;          ///< when the error was read off
  double seconds_to_end = 0;              ///< from the last frame to the report
  double solving_share = 0;               ///< of the time up to there that went into iterations
  ProcessorUse processor;                 ///< while frames came
};

/// Runs it. Throws Error when no event comes for long, and what the services throw.
LiveScanResult run_live_scan(const LiveScanOptions& options);

}  // namespace ptero::tools
