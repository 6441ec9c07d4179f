#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <ptero/core/result.hpp>
#include <ptero/positions/stream_event.hpp>

namespace ptero::positions {

/// Positions as text: comma, semicolon, tab or blank separated numbers, '#' comments; a line of names above
/// the numbers, commented or not. Channels name columns by name, or by number from 1; x and y not named are
/// the columns x and y (or x_m and y_m), else the first two. Without an index column rows are counted from 0.
/// "nan" and empty fields are NaN. Failure: a sentence naming the line.
Result<std::vector<Sample>, std::string> parse_text_table(std::string_view text, const Channels& channels);

}  // namespace ptero::positions
