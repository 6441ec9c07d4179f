#pragma once

#include <filesystem>
#include <map>
#include <string>

#include <ptero/ptycho/reconstruction.hpp>
#include <ptero/services/reconstructor/solver_options.hpp>

namespace ptero::reconstructor {

/// What is left when a reconstruction ends.
struct Finished {
  SeriesInfo info;
  ptycho::Snapshot snapshot;
  std::map<FrameId, Position> positions;  ///< of the frames used
  std::string problem;  ///< why there is no image, or why it ended early; empty: all is well
  double seconds = 0;   ///< spent in iterations
};

/// product.h5 (ptychodus layout) and phase.png in `folder`; nothing when there is no image.
void write_reconstruction(const std::filesystem::path& folder, const Finished& finished);

/// The "reconstruction" part of report.json as JSON text; compares with the truth where one is given. A truth
/// that cannot be compared is said in "truth_problem".
std::string reconstruction_report(const SolverOptions& options, const Finished& finished);

/// Where the object is known: pixels with at least this share of the strongest illumination.
inline constexpr float covered_share = 0.1F;
Image<std::uint8_t> covered(const Image<float>& coverage);

}  // namespace ptero::reconstructor
