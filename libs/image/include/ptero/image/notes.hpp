#pragma once

#include <string>
#include <utility>
#include <vector>

namespace ptero::image {

/// What a picture says of itself inside its file, in this order: name ("pixel size") and text ("6.0e-09 m"),
/// both UTF-8, the name of 1 to 79 printable ASCII characters.
using Notes = std::vector<std::pair<std::string, std::string>>;

}  // namespace ptero::image
