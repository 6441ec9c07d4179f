#pragma once

#include <string>

namespace ptero::image {

/// A number for an axis: so many significant digits, no trailing zeros, and only when it is very large or
/// very small a power of ten, as "2×10⁻⁷" or "10⁻⁷".
std::string number_text(double value, int significant = 3);

/// Likewise for a number among others of which `largest` is the largest: all of them the same power of ten.
std::string number_text_beside(double largest, double value, int significant = 3);

}  // namespace ptero::image
