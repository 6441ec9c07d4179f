#pragma once

#include <optional>
#include <ptero/core/image.hpp>
#include <span>
#include <vector>

namespace ptero::quality {

/// A straight line across an image; pixel centres have whole coordinates.
struct Line {
  double row0 = 0, col0 = 0;  ///< where it begins
  double row1 = 0, col1 = 0;  ///< where it ends
};

/// Values at equal distances from one end of a line to the other.
struct Profile {
  std::vector<double> distance_px;  ///< from the beginning
  std::vector<double> value;        ///< interpolated bilinearly, averaged across the line
};
/// `samples_a_pixel` values a pixel, each the mean over `width` lines side by side, one pixel apart. The line
/// is longer than 0; throws InputError where it leaves the image.
Profile line_profile(const Image<float>& image, const Line& line, std::size_t width = 1,
                     double samples_a_pixel = 2);

/// low + (high - low) / 2 (1 + erf((x - position) / (sqrt 2 sigma))), fitted by least squares.
struct EdgeFit {
  double position = 0;   ///< of the middle of the edge, in the unit of x
  double fwhm = 0;       ///< of the derivative, a Gaussian: 2 sqrt(2 ln 2) sigma; what [Du21, fig. 5] quotes
  double low = 0;        ///< far before the edge
  double high = 0;       ///< far behind it; below `low` where the edge falls
  double explained = 0;  ///< share of the profile's variance that the fit accounts for, at most 1

  double at(double x) const;
};
/// nullopt: fewer than five points, or a profile without any contrast. x rises. A width above the length of
/// the profile is not told from a straight line: fwhm is then at most 2.4 times that length.
std::optional<EdgeFit> fit_edge(std::span<const double> x, std::span<const double> y);

}  // namespace ptero::quality
