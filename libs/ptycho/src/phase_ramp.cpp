#include <algorithm>
#include <cmath>
#include <ptero/ptycho/reconstruction.hpp>

namespace ptero::ptycho {

namespace {
constexpr float lit = 0.1F;  // of the strongest illumination

struct Slope {
  double row = 0, col = 0;  // radians a pixel
};

/// The phase of the mean of O conj(its neighbour), which needs no unwrapping.
Slope mean_slope(const Image<Complex>& object, const Image<float>& light, float least) {
  std::complex<double> row = 0, col = 0;
  for (std::size_t r = 0; r + 1 < object.rows(); ++r)
    for (std::size_t c = 0; c + 1 < object.cols(); ++c) {
      if (light(r, c) < least || light(r + 1, c) < least || light(r, c + 1) < least) continue;
      const std::complex<double> here(object(r, c));
      row += std::conj(here) * std::complex<double>(object(r + 1, c));
      col += std::conj(here) * std::complex<double>(object(r, c + 1));
    }
  return {std::arg(row), std::arg(col)};
}

void tilt(Image<Complex>& image, const Slope& slope, double phase) {
  for (std::size_t r = 0; r < image.rows(); ++r)
    for (std::size_t c = 0; c < image.cols(); ++c)
      image(r, c) *= Complex(
          std::polar(1.0, phase + slope.row * static_cast<double>(r) + slope.col * static_cast<double>(c)));
}
}  // namespace

void move_ramp_to_probe(Snapshot& snapshot) {
  if (!snapshot.slices.empty() || snapshot.object.empty()) return;
  Image<Complex>& object = snapshot.object;
  const Image<float>& light = snapshot.coverage;
  const float least = lit * *std::max_element(light.pixels().begin(), light.pixels().end());
  const Slope slope = mean_slope(object, light, least);
  tilt(object, {-slope.row, -slope.col}, 0);
  std::complex<double> sum = 0;
  for (std::size_t i = 0; i < object.size(); ++i)
    if (light.data()[i] >= least) sum += std::complex<double>(object.data()[i]);
  tilt(object, {}, -std::arg(sum));
  tilt(snapshot.probe, slope, 0);
  for (Image<Complex>& mode : snapshot.modes) tilt(mode, slope, 0);
  for (Image<Complex>& variation : snapshot.variations) tilt(variation, slope, 0);
}

}  // namespace ptero::ptycho
