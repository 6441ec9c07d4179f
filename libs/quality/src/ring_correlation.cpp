#include <algorithm>
#include <cmath>
#include <ptero/quality/compare.hpp>

#include "fft.hpp"
#include "tukey.hpp"

namespace ptero::quality {

Box box_of(const Mask& mask) {
  std::size_t top = mask.rows(), bottom = 0, left = mask.cols(), right = 0;
  for (std::size_t r = 0; r < mask.rows(); ++r)
    for (std::size_t c = 0; c < mask.cols(); ++c)
      if (mask(r, c) != 0) {
        top = std::min(top, r);
        bottom = std::max(bottom, r + 1);
        left = std::min(left, c);
        right = std::max(right, c + 1);
      }
  return bottom > top ? Box{top, left, {bottom - top, right - left}} : Box{};
}

namespace {
struct Square {
  std::size_t row = 0, col = 0, side = 0;
};

Square square_inside(const Mask& mask) {
  const auto [top, left, shape] = box_of(mask);
  const std::size_t side = std::min(shape.rows, shape.cols) / 2 * 2;
  return {top + (shape.rows - side) / 2, left + (shape.cols - side) / 2, side};
}

// Cut out, less its mean, windowed, transformed.
Image<Complex> spectrum(const Image<Complex>& image, const Square& square, const std::vector<float>& window) {
  Image<Complex> out(Shape{square.side, square.side});
  std::complex<double> sum = 0;
  for (std::size_t r = 0; r < square.side; ++r)
    for (std::size_t c = 0; c < square.side; ++c) sum += image(r + square.row, c + square.col);
  const Complex mean(sum / static_cast<double>(out.size()));
  for (std::size_t r = 0; r < square.side; ++r)
    for (std::size_t c = 0; c < square.side; ++c)
      out(r, c) = (image(r + square.row, c + square.col) - mean) * window[r] * window[c];
  transform(out, Direction::forward);
  return out;
}

// [Heel05, eq. 17]: n is the number of pixels in the ring; half a bit or one bit of information a pixel.
double half_bit(double n) {
  return (0.2071 + 1.9102 / std::sqrt(n)) / (1.2071 + 0.9102 / std::sqrt(n));
}
double one_bit(double n) {
  return (0.5 + 2.4142 / std::sqrt(n)) / (1.5 + 1.4142 / std::sqrt(n));
}

std::optional<double> crossing(const RingCorrelation& frc, const std::vector<double>& threshold) {
  // The threshold of ring 0, one pixel, is 1, and so is its correlation: nothing to draw a line from.
  if (frc.correlation.size() > 1 && frc.correlation[1] < threshold[1]) return 0;
  for (std::size_t k = 2; k < frc.correlation.size(); ++k) {
    const double now = frc.correlation[k] - threshold[k];
    if (now >= 0) continue;
    const double before = frc.correlation[k - 1] - threshold[k - 1];
    const double share = before / (before - now);
    return frc.frequency[k - 1] + share * (frc.frequency[k] - frc.frequency[k - 1]);
  }
  return std::nullopt;
}
}  // namespace

std::optional<double> resolution_m(const RingCorrelation& frc, const std::optional<double>& crossing,
                                   double pixel_m) {
  const double frequency = crossing.value_or(0.5);
  if (frc.correlation.empty() || !(frequency > 0) || !(pixel_m > 0)) return std::nullopt;
  return pixel_m / (2 * frequency);
}

RingCorrelation ring_correlation(const Image<Complex>& a, const Image<Complex>& b, const Mask& mask,
                                 double taper) {
  PTERO_EXPECT(a.shape() == b.shape() && a.shape() == mask.shape());
  RingCorrelation frc;
  const Square square = square_inside(mask);
  if (square.side < 8) return frc;
  const auto window = tukey(square.side, taper);
  const Image<Complex> fa = spectrum(a, square, window), fb = spectrum(b, square, window);

  const std::size_t rings = square.side / 2 + 1;
  std::vector<double> cross(rings), power_a(rings), power_b(rings), pixels(rings);
  const auto side = static_cast<double>(square.side);
  for (std::size_t r = 0; r < square.side; ++r)
    for (std::size_t c = 0; c < square.side; ++c) {
      const double radius = std::hypot(frequency(r, square.side), frequency(c, square.side)) * side;
      const auto ring = static_cast<std::size_t>(std::lround(radius));
      if (ring >= rings) continue;
      const std::complex<double> x(fa(r, c)), y(fb(r, c));
      cross[ring] += (x * std::conj(y)).real();
      power_a[ring] += std::norm(x);
      power_b[ring] += std::norm(y);
      pixels[ring] += 1;
    }
  for (std::size_t k = 0; k < rings; ++k) {
    const double power = std::sqrt(power_a[k] * power_b[k]);
    frc.frequency.push_back(static_cast<double>(k) / side);
    frc.correlation.push_back(power > 0 ? cross[k] / power : 0);
    frc.half_bit.push_back(half_bit(pixels[k]));
    frc.one_bit.push_back(one_bit(pixels[k]));
  }
  // Ring 0 is what the mean and the window left over.
  frc.correlation[0] = 1;
  frc.half_bit_crossing = crossing(frc, frc.half_bit);
  frc.one_bit_crossing = crossing(frc, frc.one_bit);
  return frc;
}

}  // namespace ptero::quality
