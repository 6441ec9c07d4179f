#include <ptero/ddip/second_pass.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

namespace ptero::ddip {

namespace {

/// Index into 0 .. n-1 of place i, mirrored at the edges as often as needed.
std::size_t mirrored(std::ptrdiff_t i, std::size_t n) {
  const auto period = static_cast<std::ptrdiff_t>(2 * n);
  i = (i % period + period) % period;
  return static_cast<std::size_t>(i < static_cast<std::ptrdiff_t>(n) ? i : period - 1 - i);
}

// A Gaussian along each axis whose response falls to a quarter at `frequency`.
Image<float> coarse_part(const Image<float>& image, double frequency) {
  const double sigma = std::sqrt(std::numbers::ln2) / (std::numbers::pi * frequency);
  const auto reach = static_cast<std::ptrdiff_t>(std::ceil(3.5 * sigma));
  std::vector<double> kernel;
  double sum = 0;
  for (std::ptrdiff_t k = -reach; k <= reach; ++k)
    sum += kernel.emplace_back(std::exp(-0.5 * static_cast<double>(k * k) / (sigma * sigma)));
  const auto pass = [&](const Image<float>& in, std::ptrdiff_t down, std::ptrdiff_t right) {
    Image<float> out(in.shape());
    for (std::size_t r = 0; r < in.rows(); ++r)
      for (std::size_t c = 0; c < in.cols(); ++c) {
        double value = 0;
        for (std::ptrdiff_t k = -reach; k <= reach; ++k)
          value += kernel[static_cast<std::size_t>(k + reach)] *
                   in(mirrored(static_cast<std::ptrdiff_t>(r) + k * down, in.rows()),
                      mirrored(static_cast<std::ptrdiff_t>(c) + k * right, in.cols()));
        out(r, c) = static_cast<float>(value / sum);
      }
    return out;
  };
  return pass(pass(image, 1, 0), 0, 1);
}

Image<float> phase_inside(const Image<std::complex<float>>& object, const Window& window) {
  PTERO_EXPECT(window.top + window.shape.rows <= object.rows() &&
               window.left + window.shape.cols <= object.cols());
  Image<std::complex<float>> part(window.shape);
  for (std::size_t r = 0; r < part.rows(); ++r)
    for (std::size_t c = 0; c < part.cols(); ++c) part(r, c) = object(r + window.top, c + window.left);
  return phase_without_ramp(part);
}

/// Factors k_l for which sum_l k_l (y_l - mean y_l) is nearest to `sum` less its mean (least squares).
std::vector<double> factors_onto(const Image<float>& sum, std::span<const Image<float>> images) {
  const std::size_t n = images.size();
  const auto mean_of = [](const Image<float>& image) {
    return std::accumulate(image.pixels().begin(), image.pixels().end(), 0.0) /
           static_cast<double>(image.size());
  };
  const auto covariance = [&](const Image<float>& a, const Image<float>& b) {
    const double mean_a = mean_of(a), mean_b = mean_of(b);
    double total = 0;
    for (std::size_t i = 0; i < a.size(); ++i) total += (a.data()[i] - mean_a) * (b.data()[i] - mean_b);
    return total;
  };
  Image<double> matrix(Shape{n, n + 1});
  for (std::size_t r = 0; r < n; ++r) {
    for (std::size_t c = 0; c < n; ++c) matrix(r, c) = covariance(images[r], images[c]);
    matrix(r, r) *= 1 + 1e-6;  // images that are alike share, where they would have no answer
    matrix(r, n) = covariance(images[r], sum);
  }
  // Positive definite: no pivots needed.
  for (std::size_t p = 0; p < n; ++p)
    for (std::size_t r = 0; r < n; ++r) {
      if (r == p || !(matrix(p, p) > 0)) continue;
      const double share = matrix(r, p) / matrix(p, p);
      for (std::size_t c = p; c <= n; ++c) matrix(r, c) -= share * matrix(p, c);
    }
  std::vector<double> factors(n);
  for (std::size_t r = 0; r < n; ++r) factors[r] = matrix(r, r) > 0 ? matrix(r, n) / matrix(r, r) : 0;
  return factors;
}

}  // namespace

double open_frequency(double spacing_m, double wavelength_m, double pixel_m, double least_turn_rad) {
  PTERO_EXPECT(spacing_m > 0 && wavelength_m > 0 && pixel_m > 0 && least_turn_rad > 0);
  return std::min(0.5, pixel_m * std::sqrt(least_turn_rad / (std::numbers::pi * wavelength_m * spacing_m)));
}

std::vector<Image<std::complex<float>>> with_shares_of(std::span<const Image<std::complex<float>>> objects,
                                                       const Window& window,
                                                       std::span<const Image<float>> separated,
                                                       double open_frequency) {
  PTERO_EXPECT(objects.size() == separated.size() && !objects.empty() && open_frequency > 0);
  std::vector<Image<float>> changes;
  Image<float> sum(window.shape), mean(window.shape);
  for (const auto& object : objects) {
    changes.push_back(phase_inside(object, window));
    for (std::size_t i = 0; i < sum.size(); ++i) sum.data()[i] += changes.back().data()[i];
  }
  const std::vector<double> factors = factors_onto(sum, separated);
  for (std::size_t l = 0; l < objects.size(); ++l) {
    PTERO_EXPECT(separated[l].shape() == window.shape);
    for (std::size_t i = 0; i < mean.size(); ++i)
      changes[l].data()[i] = static_cast<float>(factors[l]) * separated[l].data()[i] - changes[l].data()[i];
    changes[l] = coarse_part(changes[l], open_frequency);
    for (std::size_t i = 0; i < mean.size(); ++i)
      mean.data()[i] += changes[l].data()[i] / static_cast<float>(objects.size());
  }
  std::vector<Image<std::complex<float>>> out(objects.begin(), objects.end());
  for (std::size_t l = 0; l < out.size(); ++l)
    for (std::size_t r = 0; r < window.shape.rows; ++r)
      for (std::size_t c = 0; c < window.shape.cols; ++c)
        out[l](r + window.top, c + window.left) *= std::polar(1.0F, changes[l](r, c) - mean(r, c));
  return out;
}

}  // namespace ptero::ddip
