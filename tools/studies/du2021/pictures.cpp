#include "studies/du2021/pictures.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ptero::tools {

namespace {

constexpr std::size_t side = 240;

Picture render_spectrum(const Image<float>& slice, const image::Range& range) {
  return image::render_map(quality::shown_power(quality::power_spectrum(slice)),
                           {.title = "power, slice 2",
                            .unit = "(lg P)^2",
                            .colours = image::ColourMap::grey,
                            .range = range,
                            .min_side = side,
                            .max_side = side});
}

}  // namespace

Picture render_slice(const Image<float>& slice, double pixel_m, const std::string& title,
                     const std::string& caption) {
  return image::render_map(slice, {.title = title,
                                   .unit = "rad",
                                   .caption = caption,
                                   .colours = image::ColourMap::grey,
                                   .range = image::range_around_mean(slice),
                                   .pixel_x_m = pixel_m,
                                   .min_side = side,
                                   .max_side = side});
}

Picture render_separations(const TwoSliceSample& sample, std::span<const SeparationResult> results,
                           Spectra spectra, const std::string& headline) {
  struct Column {
    std::string title, caption;
    const ddip::Slices* slices;
  };
  std::vector<Column> columns{{"as reconstructed", "", &sample.given}};
  for (const SeparationResult& r : results)
    columns.push_back(
        {fmt::format("{} {:g}", r.made_with.filter == ddip::Filter::single ? "single" : "shallow",
                     r.made_with.gamma),
         fmt::format("alpha {:.2f} | {:.2f}", r.outcome.mixing(0, 0), r.outcome.mixing(1, 0)),
         &r.outcome.slices});
  columns.push_back({"truth", "", &sample.truth});
  std::vector<Picture> pictures;
  for (std::size_t l = 0; l < 2; ++l)
    for (const Column& column : columns)
      pictures.push_back(render_slice((*column.slices)[l], sample.pixel_m,
                                      fmt::format("{}, slice {}", column.title, l + 1),
                                      l == 0 ? column.caption : ""));
  if (spectra == Spectra::shown) {
    // One scale for all, that of the truth: what is above it is noise that a separation smoothed away.
    const Image<float> reference = quality::shown_power(quality::power_spectrum(sample.given[1]));
    const auto [low, high] = std::minmax_element(reference.pixels().begin(), reference.pixels().end());
    for (const Column& column : columns)
      pictures.push_back(render_spectrum((*column.slices)[1], {double{*low}, double{*high}}));
  }
  return image::panel(pictures, headline, columns.size());
}

Picture render_over_gamma(const TwoSliceSample& sample, std::span<const SeparationResult> results,
                          const OverGamma& what, bool with_truth) {
  std::vector<image::Curve> curves{{.name = "single filters", .colour = image::orange},
                                   {.name = "shallow DIPs", .colour = image::blue}};
  double least = 1e300, most = 0;
  for (const SeparationResult& r : results) {
    image::Curve& curve = curves[r.made_with.filter == ddip::Filter::single ? 0 : 1];
    curve.x.push_back(r.made_with.gamma);
    curve.y.push_back(what.value(r.measures));
    least = std::min(least, r.made_with.gamma);
    most = std::max(most, r.made_with.gamma);
  }
  const auto level = [&](const std::string& name, double value, image::Rgb colour) {
    curves.push_back({.name = name,
                      .colour = colour,
                      .x = {least, most},
                      .y = {value, value},
                      .style = image::CurveStyle::dashed});
  };
  level("as reconstructed", what.value(measure(sample, sample.given)), image::purple);
  if (with_truth) level("truth", what.value(measure(sample, sample.truth)), image::green);
  double low = 1e300, high = -1e300;
  for (const image::Curve& curve : curves)
    for (const double y : curve.y) low = std::min(low, y), high = std::max(high, y);
  const double room = std::max(high - low, 1e-3);  // above, for the legend
  return image::render_curves(curves, {.title = what.title,
                                       .x_label = "gamma",
                                       .y_label = what.y_label,
                                       .y_range = image::Range{low - 0.05 * room, high + 0.6 * room},
                                       .width = 420,
                                       .height = 300});
}

Picture render_edge(const EdgeMeasure& edge, double pixel_m, const std::string& title) {
  image::Curve points{.colour = image::blue};
  image::Curve fitted{.colour = image::orange, .style = image::CurveStyle::line};
  for (std::size_t i = 0; i < edge.profile.value.size(); ++i) {
    const double x = edge.profile.distance_px[i];
    points.x.push_back(x * pixel_m * 1e9);
    points.y.push_back(edge.profile.value[i]);
    if (!edge.fit) continue;
    fitted.x.push_back(x * pixel_m * 1e9);
    fitted.y.push_back(edge.fit->at(x));
  }
  const auto fwhm = edge.fwhm_px();
  return image::render_curves(
      std::vector{points, fitted},
      {.title = title,
       .x_label = "nm",
       .y_label = "phase, rad",
       .caption = fwhm ? fmt::format("FWHM {:.1f} nm", *fwhm * pixel_m * 1e9) : "no edge",
       .width = 300,
       .height = 220});
}

}  // namespace ptero::tools
