#pragma once

#include <optional>
#include <ptero/core/image.hpp>
#include <ptero/image/render.hpp>
#include <ptero/image/rgb.hpp>
#include <span>
#include <string>
#include <vector>

namespace ptero::image {

/// Colours that stay apart for every kind of sight (Okabe and Ito).
inline constexpr Rgb blue{0, 114, 178}, orange{213, 94, 0}, green{0, 158, 115}, purple{150, 80, 140};

enum class CurveStyle : std::uint8_t { marked, line, dashed };

/// Points joined in their order; those with a value that is not finite are left out.
struct Curve {
  std::string name;  ///< in the legend; empty: not there
  Rgb colour = blue;
  std::vector<double> x;
  std::vector<double> y;       ///< as many as x
  std::vector<double> spread;  ///< half the length of the error bars; empty: none
  CurveStyle style = CurveStyle::marked;
};

enum class LegendPlace : std::uint8_t { top_left, bottom_right };

struct PlotOptions {
  std::string title;
  std::string x_label;
  std::string y_label;           ///< above the axis
  std::string caption;           ///< below
  std::optional<Range> x_range;  ///< absent: what the curves take up
  std::optional<Range> y_range;
  std::vector<double> x_ticks;  ///< empty: round numbers
  LegendPlace legend = LegendPlace::top_left;
  std::size_t width = 560;  ///< of the field between the axes, screen pixels
  std::size_t height = 380;
};

/// Curves over axes with ticks. Throws InputError when there is no point to draw.
Picture render_curves(std::span<const Curve> curves, const PlotOptions& options);

/// A vector field as arrows on white, one for every `every` x `every` cells (their mean), the longest (99th
/// percentile) reaching 1.6 spacings; a NaN leaves its cell out. x points right and y down. Of the options it
/// takes title, caption, sizes and scale bar. Throws InputError when the field is empty or the shapes differ.
Picture render_arrows(const Image<float>& x, const Image<float>& y, std::size_t every,
                      const MapOptions& options);

}  // namespace ptero::image
