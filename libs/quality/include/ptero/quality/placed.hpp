#pragma once

#include <optional>

#include <ptero/core/position.hpp>
#include <ptero/quality/compare.hpp>

namespace ptero::quality {

/// An object and where it lies.
struct Placed {
  Image<Complex> image;
  double pixel_m = 0;
  Position centre;  ///< the place of the pixel index (rows / 2, cols / 2), real-valued
};

struct CommonArea {
  Image<Complex> image;
  Image<Complex> reference;
  Mask mask;  ///< the image's mask, cut out with it
};

/// The parts of both that lie at the same place, whole pixels apart at most by one half (`align` does the
/// rest). mask: of the image's shape. nullopt: pixels differ in size by more than 1 %, or fewer than 8 x 8
/// are common. Where a pixel size is not known (0) on either side, the two are laid on top of each other by
/// their middles.
std::optional<CommonArea> common_area(const Placed& image, const Placed& reference, const Mask& mask);

}  // namespace ptero::quality
