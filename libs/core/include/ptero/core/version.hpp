#pragma once

#include <string_view>

namespace ptero {

/// The version of this build, such as "0.1.0": that of `project()` in the top CMakeLists.txt.
std::string_view version();

}  // namespace ptero
