#pragma once

#include <string>

namespace ptero::image {

/// A bar of a round length beside a picture.
struct ScaleBar {
  double length_m = 0;
  double length_px = 0;
  std::string label;  ///< "2 um" with a real micro sign, or "500 nm"
};

/// The longest bar of 1, 2 or 5 times a power of ten metres that takes at most `max_px` screen pixels of
/// `pixel_m` metres each. pixel_m > 0, max_px > 0.
ScaleBar choose_scale_bar(double pixel_m, double max_px);

}  // namespace ptero::image
