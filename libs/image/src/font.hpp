#pragma once
// A small built-in font: pictures need no font file, and look the same everywhere.

#include <string_view>
#include <vector>

namespace ptero::image::font {

inline constexpr int rows = 9;  ///< 7 above the base line, 2 below
inline constexpr int body_rows = 7;
inline constexpr int max_cols = 5;

/// One glyph's dots, left-aligned.
struct Glyph {
  bool dot[rows][max_cols] = {};
  int cols = 3;  ///< inked width; a space is 3
};

/// Glyphs of a UTF-8 text: printable ASCII and the signs of physics (µ ° ± × · π … –); a box for anything
/// else.
std::vector<Glyph> glyphs_of(std::string_view utf8);

}  // namespace ptero::image::font
