#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <ptero/core/left_out.hpp>
#include <ptero/core/warning.hpp>
#include <ptero/ptycho/reconstruction.hpp>
#include <ptero/scan/geometry_search.hpp>
#include <ptero/scan/quality_numbers.hpp>
#include <ptero/scan/solver_options.hpp>
#include <ptero/settings/about.hpp>
#include <ptero/telemetry/latency_recorder.hpp>

namespace ptero::scan {

/// What is left when a reconstruction ends.
struct Finished {
  SeriesInfo info;
  ptycho::Snapshot snapshot;
  std::map<FrameId, Position> positions;  ///< of the frames used, as measured
  ImageFrames use;                        ///< what became of the selected frames
  Warnings warnings = {};
  std::string problem;         ///< why there is no image, or why it ended early; empty: all is well
  double seconds = 0;          ///< spent in iterations
  std::size_t resumed_at = 0;  ///< epochs that came from a checkpoint
  Quality quality;
  Geometry geometry;                             ///< what was found of it
  bool remove_ramp = true;                       ///< of the object's phase, in what is written
  std::optional<telemetry::LatencySummary> age;  ///< of new frames in snapshots
  std::vector<std::pair<std::string, settings::Value>> options;  ///< all in force, as declared
  std::string record;  ///< goes into the product, for a restart to recognise it by
};

/// What is wrong with the image, in one sentence: its problem, or that it holds less than half of the
/// selected frames. Empty: nothing.
std::string what_is_wrong(const Finished& finished);

/// In `folder`: product.h5 (ptychodus layout), product.cxi (the object as a CXI image), phase.png (phase,
/// amplitude and probe with scale bars), amplitude.png (that one alone), probe.png (its modes with their
/// shares, and its variations), phase.tiff and amplitude.tiff (every value, radians and relative). Pictures
/// say in their notes which series they show, when and with what they were made. Nothing when there is no
/// image.
void write_reconstruction(const std::filesystem::path& folder, const Finished& finished);
/// product.h5 alone.
void write_product_of(const std::filesystem::path& folder, const Finished& finished);

/// The reconstructor's part of report.json as JSON text.
std::string reconstruction_report(const SolverOptions& options, const Finished& finished);

}  // namespace ptero::scan
