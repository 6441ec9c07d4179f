#pragma once

#include <string>
#include <utility>
#include <vector>

#include <ptero/settings/about.hpp>

namespace ptero::scan {

/// Options in force as a JSON object with a key an option. What is not UTF-8, as paths may be, is replaced.
std::string option_text(const std::vector<std::pair<std::string, settings::Value>>& options);

}  // namespace ptero::scan
