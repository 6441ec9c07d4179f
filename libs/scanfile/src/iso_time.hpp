#pragma once

#include <cstdint>
#include <string>

namespace ptero::scanfile {

/// ISO 8601 in UTC with milliseconds: "2024-05-01T12:00:00.123Z".
std::string iso_time(std::int64_t unix_ns);

}  // namespace ptero::scanfile
