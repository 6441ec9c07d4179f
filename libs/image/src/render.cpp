#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ptero/core/error.hpp>
#include <ptero/image/render.hpp>

#include "canvas.hpp"
#include "colour_axis.hpp"
#include "mount.hpp"

namespace ptero::image {

namespace {
constexpr int bar_width = 18;
constexpr int tick_length = 5;
constexpr int legend_step = 28;

void check_not_empty(Shape shape, const MapOptions& options) {
  if (shape.count() == 0) throw InputError("cannot draw the map '" + options.title + "'", "it is empty");
}

// Calls shade(rows, cols) for the cells under every screen pixel.
template <class Shade>
Image<Rgb> draw_cells(const ScreenSize& screen, Shape cells, Shade shade) {
  Image<Rgb> map(Shape{static_cast<std::size_t>(screen.height), static_cast<std::size_t>(screen.width)});
  for (int r = 0; r < screen.height; ++r)
    for (int c = 0; c < screen.width; ++c)
      map(r, c) = shade(cells_under(r, screen.height, cells.rows), cells_under(c, screen.width, cells.cols));
  return map;
}

// Mean of the finite values, NaN when there is none.
double mean_under(const Image<float>& values, CellRange rows, CellRange cols) {
  double sum = 0;
  int count = 0;
  for (std::size_t r = rows.first; r < rows.last; ++r)
    for (std::size_t c = cols.first; c < cols.last; ++c)
      if (std::isfinite(values(r, c))) {
        sum += values(r, c);
        ++count;
      }
  return sum / count;
}

Side colour_bar(const ColourAxis& axis, const MapOptions& options) {
  const std::vector<ColourAxis::Tick> ticks = axis.ticks();
  int widest = 0;
  for (const auto& tick : ticks) widest = std::max(widest, text_width(tick.label));
  const auto draw = [ticks, colours = options.colours](Canvas& canvas, int row, int col, int height) {
    // As one image: strips of their own would show seams on a page.
    Image<Rgb> bar(Shape{static_cast<std::size_t>(height), bar_width});
    for (int i = 0; i < height; ++i)
      for (int c = 0; c < bar_width; ++c) bar(i, c) = colour_at(colours, 1 - i / std::max(1.0, height - 1.0));
    canvas.paste(row, col, bar);
    canvas.frame(row, col, height, bar_width, ink);
    std::vector<int> taken;
    for (const auto& tick : ticks) {
      const int at = row + static_cast<int>(std::lround((1 - tick.place) * (height - 1)));
      // Labels at the ends stay within the height of the bar.
      const int label_row =
          std::clamp(at - cap_height() / 2, row, std::max(row, row + height - cap_height()));
      const auto near = [label_row](int other) { return std::abs(label_row - other) < 24; };
      if (std::any_of(taken.begin(), taken.end(), near)) continue;
      taken.push_back(label_row);
      canvas.fill(at, col + bar_width, 1, tick_length, ink);
      canvas.text(label_row, col + bar_width + tick_length + 4, tick.label, ink);
    }
  };
  return {bar_width + tick_length + 4 + widest, 0, options.unit, draw};
}
}  // namespace

Picture render_map(const Image<float>& values, const MapOptions& options) {
  check_not_empty(values.shape(), options);
  const ColourAxis axis(values, options);
  const ScreenSize screen = screen_size(values.shape(), options);
  const Image<Rgb> map = draw_cells(screen, values.shape(), [&](CellRange rows, CellRange cols) {
    const double place = axis.place(mean_under(values, rows, cols));
    return std::isnan(place) ? options.nan_colour : colour_at(options.colours, place);
  });
  return mount(Picture(map), options, screen.pixel_m, colour_bar(axis, options));
}

Picture render_labels(const Image<std::uint8_t>& labels, std::span<const LabelStyle> styles,
                      const MapOptions& options) {
  check_not_empty(labels.shape(), options);
  const ScreenSize screen = screen_size(labels.shape(), options);
  const Image<Rgb> map = draw_cells(screen, labels.shape(), [&](CellRange rows, CellRange cols) {
    const std::uint8_t label = labels((rows.first + rows.last) / 2, (cols.first + cols.last) / 2);
    return label < styles.size() ? styles[label].colour : options.nan_colour;
  });

  struct Entry {
    Rgb colour;
    std::string text;
  };
  std::vector<Entry> legend;
  int widest = 0;
  for (std::size_t i = 0; i < styles.size(); ++i) {
    const auto cells =
        std::count(labels.pixels().begin(), labels.pixels().end(), static_cast<std::uint8_t>(i));
    char share[16];
    std::snprintf(share, sizeof share, " %.1f %%",
                  100.0 * static_cast<double>(cells) / static_cast<double>(labels.size()));
    legend.push_back({styles[i].colour, styles[i].name + share});
    widest = std::max(widest, text_width(legend.back().text));
  }
  const auto draw = [legend](Canvas& canvas, int row, int col, int) {
    for (const Entry& entry : legend) {
      canvas.fill(row, col, 16, 16, entry.colour);
      canvas.frame(row, col, 16, 16, ink);
      canvas.text(row + 2, col + 26, entry.text, ink);
      row += legend_step;
    }
  };
  return mount(Picture(map), options, screen.pixel_m,
               {26 + widest, static_cast<int>(legend.size()) * legend_step, options.unit, draw});
}

Picture render_complex(const Image<std::complex<float>>& field, const MapOptions& options) {
  check_not_empty(field.shape(), options);
  float largest = 0;
  for (const std::complex<float>& value : field.pixels()) largest = std::max(largest, std::abs(value));
  const ScreenSize screen = screen_size(field.shape(), options);
  const Image<Rgb> map = draw_cells(screen, field.shape(), [&](CellRange rows, CellRange cols) {
    const std::complex<float> value = field((rows.first + rows.last) / 2, (cols.first + cols.last) / 2);
    return colour_of_complex(std::arg(value), largest > 0 ? std::abs(value) / largest : 0);
  });
  // The key: phase around a disc, amplitude from its centre to its rim.
  constexpr int disc = 64;
  const auto draw = [](Canvas& canvas, int row, int col, int) {
    Image<Rgb> key(Shape{disc, disc}, paper);
    for (int r = 0; r < disc; ++r)
      for (int c = 0; c < disc; ++c) {
        const double x = (c + 0.5) / disc * 2 - 1;
        const double y = 1 - (r + 0.5) / disc * 2;
        if (std::hypot(x, y) <= 1) key(r, c) = colour_of_complex(std::atan2(y, x), std::hypot(x, y));
      }
    canvas.paste(row, col, key);
    canvas.text(row + (disc - cap_height()) / 2, col + disc + 6, "0", ink);
    canvas.text(row + disc + 6, col, "phase,", ink);
    canvas.text(row + disc + 28, col, "amplitude", ink);
  };
  return mount(Picture(map), options, screen.pixel_m,
               {text_width("amplitude"), disc + 28 + cap_height(), options.unit, draw});
}

}  // namespace ptero::image
