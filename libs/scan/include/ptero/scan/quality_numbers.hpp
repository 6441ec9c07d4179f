#pragma once

#include <functional>
#include <optional>
#include <string>

#include <ptero/ptycho/reconstruction.hpp>
#include <ptero/quality/compare.hpp>
#include <ptero/scan/solver_options.hpp>

namespace ptero::scan {

/// How good a reconstruction is, as far as was asked for and could be measured.
struct Quality {
  std::optional<ptycho::ErrorSums> sums;        ///< of all frames, at the end
  std::optional<quality::RingCorrelation> frc;  ///< of the objects from the even and from the odd frames
  std::optional<double> ssim_truth;             ///< of the phase, inside the area covered
  std::string truth_problem;                    ///< why there is no ssim_truth
};

/// The errors of all frames and the ring correlation of two half-data reconstructions, `frc_epochs` each
/// (together as long as so many epochs). `go_on` is asked between batches; once it says no there is no ring
/// correlation. The reconstruction stays as it is.
Quality measure_quality(
    ptycho::Reconstruction& reconstruction, const SolverOptions& options,
    const std::function<bool()>& go_on = [] { return true; });

/// Where a truth is given. That it cannot be compared is said, never thrown.
void compare_with_truth(const SolverOptions& options, const ptycho::Snapshot& snapshot, Quality& quality);

/// Where the object is known: pixels with at least this share of the strongest illumination.
inline constexpr float covered_share = 0.1F;
Image<std::uint8_t> covered(const Image<float>& coverage);

}  // namespace ptero::scan
