#pragma once
// What the columns of a table are, by their names. Private to the room.

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <ptero/core/result.hpp>
#include <ptero/positions/stream_event.hpp>

namespace ptero::positions {

struct ColumnName {
  std::string text;                 ///< as written
  std::vector<std::string> tokens;  ///< words in lower case, without the unit
  std::string unit;                 ///< as written; empty: none
};

/// "y [um]", "Y_um", "y/um", "y" and a unit of its own.
ColumnName column_name(std::string_view text, std::string_view unit = {});

struct TableColumns {
  std::size_t x = 0, y = 1;
  std::optional<std::size_t> monitor, index;
  bool lynx = false;  ///< the averages of an orchestra table
};

/// names: one a column, or none where the table has none. Failure: a sentence.
Result<TableColumns, std::string> columns_of(const Channels& channels, const std::vector<ColumnName>& names,
                                             std::size_t width);

}  // namespace ptero::positions
