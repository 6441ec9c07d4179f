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
constexpr int line = 26;
constexpr int tick = 6;
constexpr Rgb grid{225, 225, 228};

/// Values on a length of screen pixels.
struct Axis {
  Range range;
  double pixels = 0;
  std::vector<double> ticks;

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

void draw_marker(Canvas& canvas, double row, double col, Rgb colour) {
  canvas.line(row, col, row, col, 9, colour);
}

void draw_curve(Canvas& canvas, const Curve& curve, const Axis& x, const Axis& y, int left, int bottom) {
  const auto col = [&](std::size_t i) { return left + x.place(curve.x[i]); };
  const auto row = [&](double value) { return bottom - y.place(value); };
  std::optional<std::size_t> before;
  for (std::size_t i = 0; i < curve.x.size(); ++i) {
    if (!drawn(curve, i)) continue;
    if (before) {
      const double r0 = row(curve.y[*before]), c0 = col(*before), r1 = row(curve.y[i]), c1 = col(i);
      const double length = std::hypot(r1 - r0, c1 - c0),
                   dash = curve.style == CurveStyle::dashed ? 7 : length + 1;
      for (double at = 0; at < length; at += 2 * dash) {
        const double a = at / length, b = std::min(1.0, (at + dash) / length);
        canvas.line(r0 + a * (r1 - r0), c0 + a * (c1 - c0), r0 + b * (r1 - r0), c0 + b * (c1 - c0), 2.2,
                    curve.colour);
      }
    }
    before = i;
    if (!curve.spread.empty() && curve.spread[i] > 0) {
      const double low = row(curve.y[i] - curve.spread[i]), high = row(curve.y[i] + curve.spread[i]);
      canvas.line(low, col(i), high, col(i), 1.6, curve.colour);
      for (const double end : {low, high}) canvas.line(end, col(i) - 4, end, col(i) + 4, 1.6, curve.colour);
    }
    if (curve.style == CurveStyle::marked) draw_marker(canvas, row(curve.y[i]), col(i), curve.colour);
  }
}

void draw_legend(Canvas& canvas, std::span<const Curve> curves, LegendPlace place, int left, int top,
                 int right, int bottom) {
  int widest = 0, rows = 0;
  for (const Curve& curve : curves)
    if (!curve.name.empty()) {
      widest = std::max(widest, text_width(curve.name));
      ++rows;
    }
  if (rows == 0) return;
  constexpr int sample = 34;
  const int width = sample + 12 + widest, height = rows * (line - 4);
  const int col = place == LegendPlace::top_left ? left + 12 : right - width - 12;
  int row = place == LegendPlace::top_left ? top + 12 : bottom - height - 12;
  canvas.fill(row - 4, col - 4, height + 6, width + 8, paper);
  for (const Curve& curve : curves) {
    if (curve.name.empty()) continue;
    const double middle = row + 8;
    if (curve.style == CurveStyle::dashed)
      for (const int from : {0, 14, 28})
        canvas.line(middle, col + from, middle, col + from + 6, 2.2, curve.colour);
    else
      canvas.line(middle, col, middle, col + sample, 2.2, curve.colour);
    if (curve.style == CurveStyle::marked) draw_marker(canvas, middle, col + sample / 2, curve.colour);
    canvas.text(row + 1, col + sample + 12, curve.name, ink);
    row += line - 4;
  }
}
}  // namespace

Image<Rgb> render_curves(std::span<const Curve> curves, const PlotOptions& options) {
  bool anything = false;
  for (const Curve& curve : curves) {
    PTERO_EXPECT(curve.x.size() == curve.y.size() &&
                 (curve.spread.empty() || curve.spread.size() == curve.x.size()));
    for (std::size_t i = 0; i < curve.x.size(); ++i) anything = anything || drawn(curve, i);
  }
  if (!anything) throw InputError("cannot draw the plot '" + options.title + "'", "it has no points");
  Axis x{options.x_range.value_or(range_of(curves, &Curve::x)), static_cast<double>(options.width),
         options.x_ticks};
  Axis y{options.y_range.value_or(range_of(curves, &Curve::y)), static_cast<double>(options.height), {}};
  if (x.ticks.empty()) x.ticks = round_numbers(x.range, 7);
  y.ticks = round_numbers(y.range, 6);

  int widest = 0;
  for (const double value : y.ticks) widest = std::max(widest, text_width(number_text(value)));
  const int width = static_cast<int>(options.width), height = static_cast<int>(options.height);
  const int left = margin + widest + tick + 6, right = left + width;
  const int top = margin + (options.title.empty() ? 0 : line) + (options.y_label.empty() ? 0 : line);
  const int bottom = top + height;
  const int below =
      bottom + tick + 6 + line + (options.x_label.empty() ? 0 : line) + (options.caption.empty() ? 0 : line);
  const int all = std::max({right + margin + 10, 2 * margin + text_width(options.caption),
                            left + text_width(options.title) + margin});
  Canvas canvas(Shape{static_cast<std::size_t>(below), static_cast<std::size_t>(all)}, paper);
  canvas.text(margin, margin, options.title, ink);
  canvas.text(top - line - 2, margin, options.y_label, ink);
  for (const double value : y.ticks) {
    const int row = bottom - static_cast<int>(std::lround(y.place(value)));
    canvas.fill(row, left, 1, width, grid);
    canvas.fill(row, left - tick, 1, tick, ink);
    const std::string label = number_text(value);
    canvas.text(row - 7, left - tick - 6 - text_width(label), label, ink);
  }
  for (const double value : x.ticks) {
    const int col = left + static_cast<int>(std::lround(x.place(value)));
    canvas.fill(top, col, height, 1, grid);
    canvas.fill(bottom, col, tick, 1, ink);
    const std::string label = number_text(value);
    canvas.text(bottom + tick + 6, col - text_width(label) / 2, label, ink);
  }
  canvas.frame(top, left, height, width, ink);
  for (const Curve& curve : curves) draw_curve(canvas, curve, x, y, left, bottom);
  draw_legend(canvas, curves, options.legend, left, top, right, bottom);
  canvas.text(bottom + tick + 6 + line, left + (width - text_width(options.x_label)) / 2, options.x_label,
              ink);
  canvas.text(below - line, margin, options.caption, ink);
  return std::move(canvas).take();
}

}  // namespace ptero::image
