#pragma once
// How the numbers of a text table are separated and written. Private to the room.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "text_lines.hpp"

namespace ptero::positions {

struct Dialect {
  char separator = ' ';  ///< ' ': any blanks
  char decimal = '.';
  bool loose = false;  ///< a comma separates only where a blank follows it
  bool tail = false;   ///< each line ends with a separator
  friend bool operator==(const Dialect&, const Dialect&) = default;
};

using Fields = std::vector<std::string>;

/// Trimmed, without quotation marks.
Fields split(const Dialect& dialect, std::string_view line);

/// NaN for what is missing ("nan", "N/A", empty, "***"); nullopt for what is no number.
std::optional<double> value_of(std::string_view field, char decimal);
bool is_missing(std::string_view field);

/// At least two fields, all numbers or missing.
bool holds_numbers(const Fields& fields, char decimal);

/// The one in which the most lines hold numbers; nullopt: in none does any.
std::optional<Dialect> dialect_of(std::span<const TextLine> lines);

}  // namespace ptero::positions
