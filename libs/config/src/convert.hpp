#pragma once

#include <optional>
#include <string>

#include "store.hpp"

namespace ptero::config::detail {

/// "an integer", "a list of strings"
template <class T>
std::string expected_name();

/// The entry as a T. Nothing when it is something else: `found` then says what.
template <class T>
std::optional<T> convert(const Entry& entry, std::string& found);

/// The shortest text that reads back as the same number.
std::string number_text(double value);

}  // namespace ptero::config::detail
