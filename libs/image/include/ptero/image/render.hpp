#pragma once
// Pictures for people: maps, phases and labels with colour bars, scale bars and titles. Text may be of any
// script whose fonts are installed. Everything here is a pure function: call it from any thread.

#include <complex>
#include <cstdint>
#include <optional>
#include <ptero/core/image.hpp>
#include <ptero/image/colour_map.hpp>
#include <ptero/image/picture.hpp>
#include <ptero/image/rgb.hpp>
#include <span>
#include <string>

namespace ptero::image {

/// How values become places on the colour bar.
enum class Scaling : std::uint8_t {
  linear,
  logarithmic,  ///< values below the range, zero and less included, take its lowest colour
};

struct Range {
  double low = 0;
  double high = 1;
};

/// The mean of the finite values +- so many of their standard deviations; [Du21, section 3.1] shows its
/// slices within 4.
Range range_around_mean(const Image<float>& values, double sigmas = 4);

struct MapOptions {
  std::string title;    ///< above the map, UTF-8
  std::string unit;     ///< above the colour bar
  std::string caption;  ///< below the map
  ColourMap colours = ColourMap::viridis;
  Scaling scaling = Scaling::linear;
  std::optional<Range> range;  ///< absent: the two percentiles of the finite values
  double low_percentile = 0.5;
  double high_percentile = 99.5;
  Rgb nan_colour{205, 205, 205};  ///< for NaN and infinite values: masked or not measured
  double pixel_x_m = 0;           ///< size of a value's cell; 0: unknown, square, no scale bar
  double pixel_y_m = 0;           ///< 0: as pixel_x_m
  std::size_t min_side = 420;     ///< the longer side of the map is enlarged to this, screen pixels
  std::size_t max_side = 1200;    ///< and averaged down to this
};

/// A map of values with title, colour bar (its ends labelled) and scale bar. Throws InputError when it is
/// empty.
Picture render_map(const Image<float>& values, const MapOptions& options);

/// One class of a label map.
struct LabelStyle {
  std::string name;
  Rgb colour;
};

/// A map of classes with a legend in place of the colour bar, each entry with its share of the cells.
/// labels: indices into `styles`; anything else gets the NaN colour.
Picture render_labels(const Image<std::uint8_t>& labels, std::span<const LabelStyle> styles,
                      const MapOptions& options);

/// A complex field (a probe): lightness = amplitude relative to the largest, hue = phase.
Picture render_complex(const Image<std::complex<float>>& field, const MapOptions& options);

/// Pictures side by side on white, tops aligned, under one headline (may be empty); a new row begins after
/// `per_row` of them (0: never), its pictures below those of the first. Throws InputError without pictures.
Picture panel(std::span<const Picture> pictures, const std::string& headline = {}, std::size_t per_row = 0);

/// |O|.
Image<float> amplitude_of(const Image<std::complex<float>>& object);
/// arg O in (-pi, pi] after the mean phase, weighted by intensity, is taken away: a global phase means
/// nothing, and this one keeps weak objects away from the wrap.
Image<float> phase_of(const Image<std::complex<float>>& object);

}  // namespace ptero::image
