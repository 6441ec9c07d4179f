#pragma once

#include <string>

namespace ptero::image {

/// A number for an axis: so many significant digits, no trailing zeros, an exponent only when it is very
/// large or very small.
std::string number_text(double value, int significant = 3);

}  // namespace ptero::image
