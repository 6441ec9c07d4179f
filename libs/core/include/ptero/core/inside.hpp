#pragma once

#include <ptero/core/image.hpp>

namespace ptero {

/// Whether a place, in pixels from the first one, lies on an image of that shape. One that is no number does
/// not.
inline bool inside(Shape shape, double row, double col) {
  return row >= 0 && col >= 0 && row < static_cast<double>(shape.rows) &&
         col < static_cast<double>(shape.cols);
}

}  // namespace ptero
