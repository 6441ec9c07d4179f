#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "store.hpp"

namespace ptero::config::detail {

/// Every type that a key may have.
#define PTERO_EACH_VALUE_TYPE(DO) \
  DO(std::string)                 \
  DO(std::int64_t)                \
  DO(double)                      \
  DO(bool)                        \
  DO(std::vector<std::string>)    \
  DO(std::vector<std::int64_t>)   \
  DO(std::vector<double>)

/// "an integer", "a list of strings"
template <class T>
std::string expected_name();

/// The entry as a T. Nothing when it is something else: `found` then says what.
template <class T>
std::optional<T> convert(const Entry& entry, std::string& found);

/// The shortest text that reads back as the same number.
std::string number_text(double value);

}  // namespace ptero::config::detail
