#pragma once

#include <string_view>

namespace ptero::transport {

/// 40 characters of Z85.
bool is_z85_key(std::string_view text);

}  // namespace ptero::transport
