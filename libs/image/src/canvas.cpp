#include "canvas.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "font.hpp"

namespace ptero::image {

namespace {
struct Segment {
  double x0, y0, x1, y1;
};

// Dots that touch are joined into strokes, so that a coarse bitmap draws as a smooth line font.
std::vector<Segment> strokes_of(const font::Glyph& glyph) {
  const auto on = [&](int r, int c) {
    return r >= 0 && r < font::rows && c >= 0 && c < font::max_cols && glyph.dot[r][c];
  };
  std::vector<Segment> strokes;
  for (int r = 0; r < font::rows; ++r)
    for (int c = 0; c < font::max_cols; ++c) {
      if (!on(r, c)) continue;
      const double x = c;
      const double y = r;
      strokes.push_back({x, y, x, y});
      if (on(r, c + 1)) strokes.push_back({x, y, x + 1, y});
      if (on(r + 1, c)) strokes.push_back({x, y, x, y + 1});
      // A diagonal only where no pair of straight steps joins the two dots already.
      if (on(r + 1, c + 1) && !on(r, c + 1) && !on(r + 1, c)) strokes.push_back({x, y, x + 1, y + 1});
      if (on(r + 1, c - 1) && !on(r, c - 1) && !on(r + 1, c)) strokes.push_back({x, y, x - 1, y + 1});
    }
  return strokes;
}

double distance(const Segment& s, double x, double y) {
  const double dx = s.x1 - s.x0;
  const double dy = s.y1 - s.y0;
  const double length2 = dx * dx + dy * dy;
  const double t = length2 > 0 ? std::clamp(((x - s.x0) * dx + (y - s.y0) * dy) / length2, 0.0, 1.0) : 0.0;
  return std::hypot(x - s.x0 - t * dx, y - s.y0 - t * dy);
}

std::uint8_t mixed(std::uint8_t below, std::uint8_t above, double share) {
  return static_cast<std::uint8_t>(std::lround(below + (above - below) * share));
}
}  // namespace

int text_width(std::string_view utf8, int size) {
  int dots = 0;
  for (const font::Glyph& glyph : font::glyphs_of(utf8)) dots += glyph.cols + 1;
  return std::max(0, dots * size - size);
}

int text_height(int size) {
  return font::rows * size;
}

void Canvas::fill(int row, int col, int height, int width, Rgb colour) {
  const int row_end = std::min(row + height, static_cast<int>(picture_.rows()));
  const int col_end = std::min(col + width, static_cast<int>(picture_.cols()));
  for (int r = std::max(row, 0); r < row_end; ++r)
    for (int c = std::max(col, 0); c < col_end; ++c) picture_(r, c) = colour;
}

void Canvas::frame(int row, int col, int height, int width, Rgb colour) {
  fill(row - 1, col - 1, 1, width + 2, colour);
  fill(row + height, col - 1, 1, width + 2, colour);
  fill(row - 1, col - 1, height + 2, 1, colour);
  fill(row - 1, col + width, height + 2, 1, colour);
}

void Canvas::line(double row0, double col0, double row1, double col1, double width, Rgb colour) {
  const Segment stroke{col0, row0, col1, row1};
  const double reach = width / 2 + 1;
  const auto first = [](double a, double margin) {
    return std::max(0, static_cast<int>(std::floor(a - margin)));
  };
  const auto last = [](double a, double margin, std::size_t size) {
    return std::min(static_cast<int>(size) - 1, static_cast<int>(std::ceil(a + margin)));
  };
  for (int r = first(std::min(row0, row1), reach); r <= last(std::max(row0, row1), reach, picture_.rows());
       ++r)
    for (int c = first(std::min(col0, col1), reach); c <= last(std::max(col0, col1), reach, picture_.cols());
         ++c) {
      const double share = std::clamp(width / 2 - distance(stroke, c, r) + 0.5, 0.0, 1.0);
      if (share <= 0) continue;
      Rgb& below = picture_(r, c);
      below = {mixed(below.r, colour.r, share), mixed(below.g, colour.g, share),
               mixed(below.b, colour.b, share)};
    }
}

void Canvas::paste(int row, int col, const Image<Rgb>& other) {
  for (int r = 0; r < static_cast<int>(other.rows()); ++r)
    for (int c = 0; c < static_cast<int>(other.cols()); ++c) fill(row + r, col + c, 1, 1, other(r, c));
}

void Canvas::text(int row, int col, std::string_view utf8, Rgb colour, int size) {
  const double half_width = 0.42 * size;
  double pen = col;
  for (const font::Glyph& glyph : font::glyphs_of(utf8)) {
    const std::vector<Segment> strokes = strokes_of(glyph);
    for (int r = row - 1; r <= row + font::rows * size; ++r)
      for (int c = static_cast<int>(pen) - 1; c <= static_cast<int>(pen) + glyph.cols * size; ++c) {
        if (r < 0 || c < 0 || r >= static_cast<int>(picture_.rows()) ||
            c >= static_cast<int>(picture_.cols()))
          continue;
        double nearest = 1e9;
        for (const Segment& s : strokes)
          nearest =
              std::min(nearest, distance(s, (c + 0.5 - pen) / size - 0.5, (r + 0.5 - row) / size - 0.5));
        const double ink = std::clamp(half_width - nearest * size + 0.5, 0.0, 1.0);
        if (ink <= 0) continue;
        Rgb& below = picture_(r, c);
        below = {mixed(below.r, colour.r, ink), mixed(below.g, colour.g, ink), mixed(below.b, colour.b, ink)};
      }
    pen += (glyph.cols + 1) * size;
  }
}

}  // namespace ptero::image
