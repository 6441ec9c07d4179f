#include <algorithm>
#include <cmath>
#include <ptero/core/error.hpp>
#include <ptero/image/plot.hpp>

#include "canvas.hpp"
#include "mount.hpp"
#include "number_text.hpp"

namespace ptero::image {

namespace {
constexpr int margin = 14;
constexpr int line = line_step;
constexpr int tick = 6;
constexpr Rgb grid{225, 225, 228};

/// Values on a length of screen pixels.
struct Axis {
  Range range;
  double pixels = 0;
  std::vector<double> ticks;

  std::string label(double value) const {
    return number_text_beside(std::max(std::abs(range.low), std::abs(range.high)), value);
  }
  double place(double value) const { return (value - range.low) / (range.high - range.low) * pixels; }
};

bool drawn(const Curve& curve, std::size_t i) {
  return std::isfinite(curve.x[i]) && std::isfinite(curve.y[i]);
}

/// What the values take up and a twentieth more on either side.
Range range_of(std::span<const Curve> curves, std::vector<double> Curve::*values) {
  double low = INFINITY, high = -INFINITY;
  for (const Curve& curve : curves)
    for (std::size_t i = 0; i < curve.x.size(); ++i)
      if (drawn(curve, i)) {
        low = std::min(low, (curve.*values)[i]);
        high = std::max(high, (curve.*values)[i]);
      }
  const double more = high > low ? 0.05 * (high - low) : std::max(0.5 * std::abs(high), 0.5);
  return {low - more, high + more};
}

std::vector<double> round_numbers(const Range& range, int about) {
  const double rough = (range.high - range.low) / about;
  const double decade = std::pow(10, std::floor(std::log10(rough)));
  const double step = decade * (rough < 1.5 * decade   ? 1
                                : rough < 3.5 * decade ? 2
                                : rough < 7.5 * decade ? 5
                                                       : 10);
  std::vector<double> ticks;
  for (double k = std::ceil(range.low / step - 1e-9); k * step <= range.high + 1e-9 * step; ++k)
    ticks.push_back(k == 0 ? 0 : k * step);
  return ticks;
}

constexpr double marker_radius = 4.5;
constexpr double stroke = 2.2;
constexpr double dash_length = 7;

double dash_of(const Curve& curve) {
  return curve.style == CurveStyle::dashed ? dash_length : 0;
}

/// Where everything stands, screen pixels.
struct Places {
  int left = 0, right = 0, top = 0, bottom = 0;
  Axis x, y;

  double col(double value) const { return left + x.place(value); }
  double row(double value) const { return bottom - y.place(value); }
};

void draw_curve(Canvas& canvas, const Curve& curve, const Places& at) {
  std::vector<Canvas::Point> points;
  for (std::size_t i = 0; i < curve.x.size(); ++i) {
    if (!drawn(curve, i)) continue;
    points.push_back({at.row(curve.y[i]), at.col(curve.x[i])});
    if (curve.spread.empty() || !(curve.spread[i] > 0)) continue;
    const double low = at.row(curve.y[i] - curve.spread[i]), high = at.row(curve.y[i] + curve.spread[i]);
    const double col = points.back().col;
    canvas.line(low, col, high, col, 1.6, curve.colour);
    for (const double end : {low, high}) canvas.line(end, col - 4, end, col + 4, 1.6, curve.colour);
  }
  canvas.line(points, stroke, curve.colour, dash_of(curve));
  if (curve.style != CurveStyle::marked) return;
  for (const auto& point : points) canvas.disc(point.row, point.col, marker_radius, curve.colour);
}

void draw_legend(Canvas& canvas, std::span<const Curve> curves, LegendPlace place, const Places& at) {
  int widest = 0, rows = 0;
  for (const Curve& curve : curves)
    if (!curve.name.empty()) {
      widest = std::max(widest, text_width(curve.name));
      ++rows;
    }
  if (rows == 0) return;
  constexpr int sample = 34;
  const int width = sample + 12 + widest, height = rows * (line - 4);
  const int col = place == LegendPlace::top_left ? at.left + 12 : at.right - width - 12;
  int row = place == LegendPlace::top_left ? at.top + 12 : at.bottom - height - 12;
  canvas.fill(row - 4, col - 4, height + 6, width + 8, paper);
  for (const Curve& curve : curves) {
    if (curve.name.empty()) continue;
    const double middle = row + 8;
    const Canvas::Point ends[] = {{middle, double(col)}, {middle, double(col + sample)}};
    canvas.line(ends, stroke, curve.colour, dash_of(curve));
    if (curve.style == CurveStyle::marked) canvas.disc(middle, col + sample / 2, marker_radius, curve.colour);
    canvas.text(row + 8 - cap_height() / 2, col + sample + 12, curve.name, ink);
    row += line - 4;
  }
}

void draw_axes(Canvas& canvas, const Places& at, const PlotOptions& options) {
  const int width = at.right - at.left, height = at.bottom - at.top;
  for (const double value : at.y.ticks) {
    const int row = static_cast<int>(std::lround(at.row(value)));
    canvas.fill(row, at.left, 1, width, grid);
    canvas.fill(row, at.left - tick, 1, tick, ink);
    const std::string label = at.y.label(value);
    canvas.text(row - cap_height() / 2, at.left - tick - 6 - text_width(label), label, ink);
  }
  int free = 0;  // where the next label may begin
  for (const double value : at.x.ticks) {
    const int col = static_cast<int>(std::lround(at.col(value)));
    canvas.fill(at.top, col, height, 1, grid);
    canvas.fill(at.bottom, col, tick, 1, ink);
    const std::string label = at.x.label(value);
    const int start = col - text_width(label) / 2;
    if (start < free) continue;
    canvas.text(at.bottom + tick + 6, start, label, ink);
    free = start + text_width(label) + 6;
  }
  canvas.frame(at.top, at.left, height, width, ink);
  canvas.text(margin, margin, options.title, ink);
  canvas.text(at.top - line - 2, margin, options.y_label, ink);
  canvas.text(at.bottom + tick + 6 + line, at.left + (width - text_width(options.x_label)) / 2,
              options.x_label, ink);
}

Places places_of(std::span<const Curve> curves, const PlotOptions& options) {
  Places at;
  at.x = {options.x_range.value_or(range_of(curves, &Curve::x)), static_cast<double>(options.width),
          options.x_ticks};
  at.y = {options.y_range.value_or(range_of(curves, &Curve::y)), static_cast<double>(options.height), {}};
  if (at.x.ticks.empty()) at.x.ticks = round_numbers(at.x.range, 7);
  at.y.ticks = round_numbers(at.y.range, 6);
  int widest = 0;
  for (const double value : at.y.ticks) widest = std::max(widest, text_width(at.y.label(value)));
  at.left = margin + widest + tick + 6;
  at.right = at.left + static_cast<int>(options.width);
  at.top = margin + (options.title.empty() ? 0 : line) + (options.y_label.empty() ? 0 : line);
  at.bottom = at.top + static_cast<int>(options.height);
  return at;
}
}  // namespace

Picture render_curves(std::span<const Curve> curves, const PlotOptions& options) {
  bool anything = false;
  for (const Curve& curve : curves) {
    PTERO_EXPECT(curve.x.size() == curve.y.size() &&
                 (curve.spread.empty() || curve.spread.size() == curve.x.size()));
    for (std::size_t i = 0; i < curve.x.size(); ++i) anything = anything || drawn(curve, i);
  }
  if (!anything) throw InputError("cannot draw the plot '" + options.title + "'", "it has no points");
  const Places at = places_of(curves, options);
  const int below = at.bottom + tick + 6 + line + (options.x_label.empty() ? 0 : line) +
                    (options.caption.empty() ? 0 : line);
  const int all =
      std::max({at.right + margin + 10, 2 * margin + text_width(options.caption),
                2 * margin + text_width(options.title), 2 * margin + text_width(options.y_label)});
  const auto draw = [=, own = std::vector(curves.begin(), curves.end())](Canvas& canvas) {
    draw_axes(canvas, at, options);
    // A curve may leave the ranges that were asked for, but not run through the labels.
    canvas.inside(at.top - 5, at.left - 5, at.bottom - at.top + 10, at.right - at.left + 10,
                  [&](Canvas& field) {
                    for (const Curve& curve : own) draw_curve(field, curve, at);
                  });
    draw_legend(canvas, own, options.legend, at);
    canvas.text(below - line, margin, options.caption, ink);
  };
  return {below, all, draw};
}

}  // namespace ptero::image
