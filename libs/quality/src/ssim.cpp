#include <algorithm>
#include <array>
#include <cmath>
#include <ptero/quality/compare.hpp>

namespace ptero::quality {

namespace {
constexpr double sigma = 1.5;
constexpr std::ptrdiff_t reach = 5;

std::array<double, 2 * reach + 1> gaussian() {
  std::array<double, 2 * reach + 1> weights{};
  for (std::ptrdiff_t k = -reach; k <= reach; ++k)
    weights[static_cast<std::size_t>(k + reach)] =
        std::exp(-static_cast<double>(k * k) / (2 * sigma * sigma));
  return weights;
}

Image<double> blur_rows(const Image<double>& in) {
  static const auto weights = gaussian();
  Image<double> out(in.shape());
  const auto cols = static_cast<std::ptrdiff_t>(in.cols());
  for (std::size_t r = 0; r < in.rows(); ++r)
    for (std::ptrdiff_t c = 0; c < cols; ++c) {
      double sum = 0;
      for (std::ptrdiff_t k = std::max(-reach, -c); k <= std::min(reach, cols - 1 - c); ++k)
        sum += weights[static_cast<std::size_t>(k + reach)] * in(r, static_cast<std::size_t>(c + k));
      out(r, static_cast<std::size_t>(c)) = sum;
    }
  return out;
}

Image<double> transposed(const Image<double>& in) {
  Image<double> out(Shape{in.cols(), in.rows()});
  for (std::size_t r = 0; r < in.rows(); ++r)
    for (std::size_t c = 0; c < in.cols(); ++c) out(c, r) = in(r, c);
  return out;
}

// Gaussian-weighted sums of f(pixel) over the masked pixels around every pixel.
template <class F>
Image<double> window_sum(const Mask& mask, F f) {
  Image<double> values(mask.shape());
  for (std::size_t i = 0; i < mask.size(); ++i)
    if (mask.data()[i] != 0) values.data()[i] = f(i);
  return transposed(blur_rows(transposed(blur_rows(values))));
}
}  // namespace

double ssim(const Image<float>& image, const Image<float>& reference, const Mask& mask) {
  PTERO_EXPECT(image.shape() == reference.shape() && image.shape() == mask.shape());
  const float* a = image.data();
  const float* b = reference.data();
  double least = INFINITY, most = -INFINITY;
  for (std::size_t i = 0; i < mask.size(); ++i)
    if (mask.data()[i] != 0) {
      least = std::min(least, double{b[i]});
      most = std::max(most, double{b[i]});
    }
  if (!(most >= least)) return 0;
  const double range = std::max(most - least, 1e-12);
  const double c1 = std::pow(0.01 * range, 2), c2 = std::pow(0.03 * range, 2);

  // Moments about one value of the reference: far from zero, differences of squares would lose their digits.
  const double origin = least;
  const auto at = [origin](const float* p, std::size_t i) { return double{p[i]} - origin; };
  const auto weight = window_sum(mask, [](std::size_t) { return 1.0; });
  const auto sum_a = window_sum(mask, [&](std::size_t i) { return at(a, i); });
  const auto sum_b = window_sum(mask, [&](std::size_t i) { return at(b, i); });
  const auto sum_aa = window_sum(mask, [&](std::size_t i) { return at(a, i) * at(a, i); });
  const auto sum_bb = window_sum(mask, [&](std::size_t i) { return at(b, i) * at(b, i); });
  const auto sum_ab = window_sum(mask, [&](std::size_t i) { return at(a, i) * at(b, i); });

  double total = 0;
  std::size_t count = 0;
  for (std::size_t i = 0; i < mask.size(); ++i) {
    if (mask.data()[i] == 0) continue;
    const double w = weight.data()[i];
    const double mean_a = sum_a.data()[i] / w, mean_b = sum_b.data()[i] / w;
    const double var_a = std::max(0.0, sum_aa.data()[i] / w - mean_a * mean_a);
    const double var_b = std::max(0.0, sum_bb.data()[i] / w - mean_b * mean_b);
    const double covariance = sum_ab.data()[i] / w - mean_a * mean_b;
    const double full_a = mean_a + origin, full_b = mean_b + origin;
    // [Wang04, eq. 13]
    total += (2 * full_a * full_b + c1) * (2 * covariance + c2) /
             ((full_a * full_a + full_b * full_b + c1) * (var_a + var_b + c2));
    ++count;
  }
  return total / static_cast<double>(count);
}

}  // namespace ptero::quality
