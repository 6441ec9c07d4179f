#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "store.hpp"

namespace ptero::config::detail {

/// Fills entries and section_lines. InputError with line and column when the text is not TOML.
void read_toml(std::string_view text, Store& store);

/// One TOML value: `5`, `"text"`, `[1, 2]`; nothing when it is not one.
std::optional<Value> parse_value(const std::string& text);

}  // namespace ptero::config::detail
