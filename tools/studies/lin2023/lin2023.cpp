#include "studies/lin2023/lin2023.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace ptero::tools {

std::optional<double> paper_kept(int segments) {
  constexpr std::array<std::pair<int, double>, 6> shares{
      {{1, 42.7}, {4, 51.2}, {8, 52.2}, {16, 53.6}, {24, 57.8}, {40, 73.9}}};
  for (const auto& [s, share] : shares)
    if (s == segments) return share;
  return std::nullopt;
}

synth::SimulatorOptions paper_simulator(const Lin2023Options& o, const RasterPlan& plan, double snr) {
  constexpr double paper_pixels = 256 * 256, smear_m = 0.06e-6;
  synth::SimulatorOptions simulator;
  simulator.grid = plan;
  simulator.pattern = o.quick ? 96 : 256;
  simulator.photons = snr * snr * paper_pixels;
  simulator.sub_exposures = o.quick ? 2 : 4;
  simulator.smear_of_step = smear_m / plan.step_x_m;
  simulator.seed = o.seed;
  return simulator;
}

image::Range phase_range(const Image<float>& phase) {
  std::vector<float> values;
  for (const float v : phase.pixels())
    if (std::isfinite(v)) values.push_back(v);
  if (values.empty()) return {-1, 1};
  const auto at = [&](double share) {
    const auto place = values.begin() + static_cast<long>(share * static_cast<double>(values.size() - 1));
    std::nth_element(values.begin(), place, values.end());
    return double{*place};
  };
  return {at(0.005), at(0.995)};
}

Picture render_phase(const Image<float>& phase, double pixel_m, const image::Range& range, std::string title,
                     std::string caption, std::size_t side) {
  return image::render_map(phase, {.title = std::move(title),
                                   .unit = "phase, rad",
                                   .caption = std::move(caption),
                                   .colours = image::ColourMap::grey,
                                   .range = range,
                                   .nan_colour = {196, 214, 226},
                                   .pixel_x_m = pixel_m,
                                   .min_side = side,
                                   .max_side = side});
}

FigureNumbers make_lin2023(const Lin2023Options& options, const Progress& progress) {
  FigureNumbers numbers;
  make_nanosheet_figures(options, numbers, progress);
  make_particle_figures(options, numbers, progress);
  return numbers;
}

}  // namespace ptero::tools
