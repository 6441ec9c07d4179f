#pragma once

#include <string>
#include <string_view>

namespace ptero::telemetry {

/// The text as a JSON string, quotes included; bytes that are not UTF-8 become U+FFFD.
std::string json_string(std::string_view text);

}  // namespace ptero::telemetry
