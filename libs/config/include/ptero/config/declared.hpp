#pragma once

#include <optional>
#include <ptero/config/section.hpp>
#include <ptero/settings/table.hpp>

namespace ptero::config {

/// What the section gives for a declared option, under its key or one that it had formerly; nullopt: nothing.
/// InputError names place, key and what would be right.
std::optional<settings::Value> find_declared(const Section& section, const settings::Described& option);

/// Reads all options of the table; what the section does not give stays as it is.
template <class S>
void read_declared(const Section& section, const settings::Table<S>& table, S& into) {
  for (const auto& option : table.options())
    if (const auto value = find_declared(section, option)) option.set(into, *value);
}

}  // namespace ptero::config
