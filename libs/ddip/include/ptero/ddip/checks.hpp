#pragma once

#include <ptero/core/image.hpp>
#include <ptero/ddip/preparation.hpp>
#include <span>
#include <string>
#include <vector>

namespace ptero::ddip {

/// What a separation looks like when it went wrong; thresholds of ours.
struct CheckOptions {
  double least_own_share = 0.3;  ///< m_ii below this: slice i is made of what should only leak into it
  /// m_ii / m_ji below this for any other slice j: y_i counts no more in its own slice than elsewhere. For
  /// two slices alpha_1 / alpha_2, which collapses when gamma is too large [Du21, section 3.1].
  double least_ratio = 1.5;
};

/// One sentence for each row or pair of the mixing matrix that says so; empty: none does.
std::vector<std::string> share_alarms(const Image<double>& mixing, const CheckOptions& options = {});

/// One sentence for each two slices that look exchanged [Du21, section 4]: the gradients of what was
/// separated agree better with the other's input than with their own.
std::vector<std::string> confusion_alarms(std::span<const Image<float>> separated,
                                          std::span<const Image<float>> given);

}  // namespace ptero::ddip
