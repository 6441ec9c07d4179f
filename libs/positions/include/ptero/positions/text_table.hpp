#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include <ptero/core/result.hpp>
#include <ptero/core/warning.hpp>
#include <ptero/positions/stream_event.hpp>

namespace ptero::positions {

/// A table of positions, in its own unit.
struct TextTable {
  std::vector<Sample> samples;  ///< in the order of the lines; index: of the index column, else the row
  bool indexed = false;         ///< there is an index column
  std::array<std::string, 2> units{};  ///< of x and y, as the header says it; empty: not said
  Warnings warnings;
};

/// Positions as text: UTF-8 or UTF-16 with or without a byte order mark; lines of numbers separated by
/// commas, semicolons, tabs, bars or blanks, with decimal points or commas and exponents as C or Fortran
/// writes them; comment lines (#, %, !, //) and empty ones are skipped. A line of names above the numbers,
/// commented or not, names the columns and their units ("y [um]", "x_m"), in any case; a line of units may
/// follow it.
///
/// Channels name columns by name, or by number from 1. x and y not named are the columns of these names or
/// the like ("posx", "Average_x_st_fzp"), in a table without names the first two of two. A column called
/// index, frame, trigger or the like numbers the rows; without one they count from 0. Missing values ("nan",
/// "N/A", empty) are NaN.
///
/// Failure: a sentence that names the line, or the columns there are where it cannot be told which are meant.
Result<TextTable, std::string> parse_text_table(std::string_view text, const Channels& channels);

}  // namespace ptero::positions
