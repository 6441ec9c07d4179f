#pragma once

#include <string>

namespace ptero::image {

/// A number for an axis: so many significant digits, no trailing zeros, and only when it is very large or
/// very small a power of ten, as "2×10⁻⁷" or "10⁻⁷".
std::string number_text(double value, int significant = 3);

}  // namespace ptero::image
