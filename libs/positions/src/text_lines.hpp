#pragma once
// A text file as lines of UTF-8. Private to the room.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace ptero::positions {

struct TextLine {
  std::size_t number = 0;  ///< from 1
  bool comment = false;    ///< began as one; the mark is taken off
  std::string text;        ///< not empty; tabs at its ends may separate empty fields
};

/// Whatever the encoding (UTF-8, UTF-16 by its mark or its zero bytes) and the ends of lines.
std::vector<TextLine> lines_of(std::string_view bytes);

std::string_view trimmed(std::string_view text);
std::string lower_case(std::string_view text);

}  // namespace ptero::positions
