#pragma once

#include <string_view>

namespace ptero::positions {

/// A channel's name without what may or may not be there: a leading "/", a trailing ".Value".
constexpr std::string_view plain_name(std::string_view name) {
  if (name.starts_with('/')) name.remove_prefix(1);
  constexpr std::string_view value = ".Value";
  if (name.ends_with(value)) name.remove_suffix(value.size());
  return name;
}

}  // namespace ptero::positions
