#pragma once

#include <ptero/core/image.hpp>
#include <ptero/image/rgb.hpp>
#include <span>
#include <string_view>

struct _cairo;

namespace ptero::image {

inline constexpr int normal_text = 16;    ///< size of letters, screen pixels
inline constexpr int headline_text = 24;  ///< likewise
inline constexpr int line_step = 26;      ///< from one line of normal text to the next

/// Drawing with Cairo. Rows grow downwards; sizes are screen pixels. What falls outside is cut off.
class Canvas {
 public:
  struct Point {
    double row, col;
  };

  /// The context stays the caller's.
  explicit Canvas(_cairo* context) : context_(context) {}

  void fill(double row, double col, double height, double width, Rgb colour);
  /// A one pixel wide rectangle around the given area.
  void frame(int row, int col, int height, int width, Rgb colour);
  /// Strokes from point to point, pixel centres at integers. dash: length of a dash and of a gap, 0: none.
  void line(std::span<const Point> points, double width, Rgb colour, double dash = 0);
  void line(double row0, double col0, double row1, double col1, double width, Rgb colour);
  void disc(double row, double col, double radius, Rgb colour);
  void paste(int row, int col, const Image<Rgb>& pixels);
  /// One line of text, UTF-8 of any script, the top of its capitals at `row`, its start at `col`.
  void text(int row, int col, std::string_view utf8, Rgb colour, int size = normal_text);

  /// Calls `draw` with the origin moved there, or with everything outside an area cut off.
  template <class Draw>
  void moved(int row, int col, Draw draw) {
    save();
    move(row, col);
    draw(*this);
    restore();
  }
  template <class Draw>
  void inside(int row, int col, int height, int width, Draw draw) {
    save();
    clip(row, col, height, width);
    draw(*this);
    restore();
  }

 private:
  void save();
  void restore();
  void move(int row, int col);
  void clip(int row, int col, int height, int width);

  _cairo* context_;
};

/// Screen pixels.
int text_width(std::string_view utf8, int size = normal_text);
/// Of a capital.
int cap_height(int size = normal_text);

}  // namespace ptero::image
