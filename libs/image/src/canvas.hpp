#pragma once

#include <ptero/core/image.hpp>
#include <ptero/image/rgb.hpp>
#include <string_view>

namespace ptero::image {

/// Drawing on an RGB picture. What falls outside is cut off.
class Canvas {
 public:
  Canvas(Shape shape, Rgb background) : picture_(shape, background) {}

  void fill(int row, int col, int height, int width, Rgb colour);
  /// A one pixel wide rectangle around the given area.
  void frame(int row, int col, int height, int width, Rgb colour);
  /// A straight stroke between two points, pixel centres at integers, its edges smooth.
  void line(double row0, double col0, double row1, double col1, double width, Rgb colour);
  void paste(int row, int col, const Image<Rgb>& other);
  /// Text with its top left corner at (row, col), one line. `size`: screen pixels a font dot, 2 is normal.
  void text(int row, int col, std::string_view utf8, Rgb colour, int size = 2);
  Image<Rgb> take() && { return std::move(picture_); }

 private:
  Image<Rgb> picture_;
};

/// Screen pixels.
int text_width(std::string_view utf8, int size = 2);
int text_height(int size = 2);

}  // namespace ptero::image
