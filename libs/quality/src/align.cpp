#include <algorithm>
#include <cmath>
#include <numbers>
#include <ptero/quality/compare.hpp>

#include "fft.hpp"

namespace ptero::quality {

namespace {
// Multiplies by exp(2 pi i (p.rows r + p.cols c)).
void add_ramp(Image<Complex>& image, Point p) {
  for (std::size_t r = 0; r < image.rows(); ++r)
    for (std::size_t c = 0; c < image.cols(); ++c)
      image(r, c) *= Complex(std::polar(
          1.0, 2 * std::numbers::pi * (p.rows * static_cast<double>(r) + p.cols * static_cast<double>(c))));
}

std::pair<std::size_t, std::size_t> brightest(const Image<Complex>& image) {
  std::size_t best = 0;
  for (std::size_t i = 1; i < image.size(); ++i)
    if (std::norm(image.data()[i]) > std::norm(image.data()[best])) best = i;
  return {best / image.cols(), best % image.cols()};
}

// o(x + e) conj(o(x)) less its mean inside the mask, zero outside: a phase ramp only turns it as a whole, a
// wrap does nothing to it.
Image<Complex> differences(const Image<Complex>& o, const Mask& mask, std::size_t down, std::size_t right) {
  Image<Complex> out(o.shape());
  std::complex<double> sum = 0;
  std::size_t count = 0;
  const auto inside = [&](std::size_t r, std::size_t c) {
    return r + down < o.rows() && c + right < o.cols() && mask(r, c) != 0 && mask(r + down, c + right) != 0;
  };
  for (std::size_t r = 0; r < o.rows(); ++r)
    for (std::size_t c = 0; c < o.cols(); ++c)
      if (inside(r, c)) {
        out(r, c) = o(r + down, c + right) * std::conj(o(r, c));
        sum += out(r, c);
        ++count;
      }
  if (count == 0) return out;
  const Complex mean(sum / static_cast<double>(count));
  for (std::size_t r = 0; r < o.rows(); ++r)
    for (std::size_t c = 0; c < o.cols(); ++c)
      if (inside(r, c)) out(r, c) -= mean;
  return out;
}

// Spectrum of the cross-correlation of the two objects' differences along one axis.
Image<Complex> cross_spectrum(const Image<Complex>& image, const Image<Complex>& reference, const Mask& mask,
                              std::size_t down, std::size_t right) {
  Image<Complex> a = differences(image, mask, down, right);
  Image<Complex> b = differences(reference, mask, down, right);
  transform(a, Direction::forward);
  transform(b, Direction::forward);
  for (std::size_t i = 0; i < a.size(); ++i) a.data()[i] = std::conj(a.data()[i]) * b.data()[i];
  return a;
}

// Rows and columns in the order of rising frequency: at points between the pixels the sign of a frequency
// matters.
Image<Complex> ascending(const Image<Complex>& spectrum) {
  Image<Complex> out(spectrum.shape());
  for (std::size_t r = 0; r < out.rows(); ++r)
    for (std::size_t c = 0; c < out.cols(); ++c)
      out((r + out.rows() / 2) % out.rows(), (c + out.cols() / 2) % out.cols()) = spectrum(r, c);
  return out;
}

// The shift that moves `image` onto `reference`, pixels.
Point find_shift(const Image<Complex>& image, const Image<Complex>& reference, const Mask& mask, Shift kind) {
  if (kind == Shift::none) return {};
  const Image<Complex> down = cross_spectrum(image, reference, mask, 1, 0);
  const Image<Complex> right = cross_spectrum(image, reference, mask, 0, 1);
  Image<Complex> correlation = down, other = right;
  transform(correlation, Direction::inverse);
  transform(other, Direction::inverse);
  // The ramps of the two objects turn each axis by a phase of its own, so magnitudes are added.
  const std::size_t reach_rows = image.rows() / 4, reach_cols = image.cols() / 4;
  for (std::size_t r = 0; r < image.rows(); ++r)
    for (std::size_t c = 0; c < image.cols(); ++c) {
      const bool near =
          std::min(r, image.rows() - r) <= reach_rows && std::min(c, image.cols() - c) <= reach_cols;
      correlation(r, c) = near ? std::abs(correlation(r, c)) + std::abs(other(r, c)) : 0.0F;
    }
  const auto [row, col] = brightest(correlation);
  const auto rows = static_cast<double>(image.rows()), cols = static_cast<double>(image.cols());
  Point shift{frequency(row, image.rows()) * rows, frequency(col, image.cols()) * cols};
  if (kind == Shift::pixel) return shift;

  // The correlation at a shift s is sum_k S(k) exp(2 pi i k s / n): a transform of S at the point -s / n. One
  // axis is as good as the other; the stronger has less noise.
  const Image<Complex>& strong =
      std::abs(correlation(row, col)) > 2 * std::abs(other(row, col)) ? down : right;
  const Point peak =
      refine_peak(ascending(strong), {-shift.rows / rows, -shift.cols / cols}, {1 / rows, 1 / cols});
  return {-peak.rows * rows, -peak.cols * cols};
}

// Whole pixels by a circular roll, the fraction in Fourier space.
Image<Complex> roll(const Image<Complex>& image, Point whole) {
  Image<Complex> out(image.shape());
  const auto rows = static_cast<std::int64_t>(image.rows()), cols = static_cast<std::int64_t>(image.cols());
  const auto dr = static_cast<std::int64_t>(whole.rows), dc = static_cast<std::int64_t>(whole.cols);
  for (std::int64_t r = 0; r < rows; ++r)
    for (std::int64_t c = 0; c < cols; ++c)
      out(static_cast<std::size_t>(((r + dr) % rows + rows) % rows),
          static_cast<std::size_t>(((c + dc) % cols + cols) % cols)) =
          image(static_cast<std::size_t>(r), static_cast<std::size_t>(c));
  return out;
}

void shift_fraction(Image<Complex>& image, Point fraction) {
  if (fraction.rows == 0 && fraction.cols == 0) return;
  transform(image, Direction::forward);
  const auto count = static_cast<double>(image.size());
  for (std::size_t r = 0; r < image.rows(); ++r)
    for (std::size_t c = 0; c < image.cols(); ++c) {
      const double turns =
          frequency(r, image.rows()) * fraction.rows + frequency(c, image.cols()) * fraction.cols;
      image(r, c) *= Complex(std::polar(1 / count, -2 * std::numbers::pi * turns));
    }
  transform(image, Direction::inverse);
}

// Cycles per pixel by which the phase of `image` runs ahead of that of `reference`.
Point find_ramp(const Image<Complex>& image, const Image<Complex>& reference, const Mask& mask) {
  Image<Complex> product(image.shape());
  for (std::size_t i = 0; i < image.size(); ++i)
    if (mask.data()[i] != 0) product.data()[i] = image.data()[i] * std::conj(reference.data()[i]);
  Image<Complex> spectrum = product;
  transform(spectrum, Direction::forward);
  const auto [row, col] = brightest(spectrum);
  return refine_peak(product, {frequency(row, image.rows()), frequency(col, image.cols())},
                     {1.0 / static_cast<double>(image.rows()), 1.0 / static_cast<double>(image.cols())});
}
}  // namespace

Aligned align(const Image<Complex>& image, const Image<Complex>& reference, const Mask& mask, Shift kind) {
  PTERO_EXPECT(image.shape() == reference.shape() && image.shape() == mask.shape());
  PTERO_EXPECT(image.rows() >= 8 && image.cols() >= 8);
  Aligned out{.image = image};
  Point shift, ramp;
  // The mask hides other parts of the two while they are apart, which draws the shift towards zero: look
  // again from where the last look led.
  constexpr int looks = 4;
  for (int look = 0; look < looks; ++look) {
    const Point step = find_shift(out.image, reference, mask, kind);
    shift = {shift.rows + step.rows, shift.cols + step.cols};
    const Point whole{std::round(shift.rows), std::round(shift.cols)};
    out.image = roll(image, whole);
    ramp = find_ramp(out.image, reference, mask);
    add_ramp(out.image, {-ramp.rows, -ramp.cols});
    if (kind == Shift::none) break;
    // Only without the ramp: it makes the edges of the periodic image jump, which a shift by a fraction
    // spreads.
    shift_fraction(out.image, {shift.rows - whole.rows, shift.cols - whole.cols});
    if (std::hypot(step.rows, step.cols) < 1e-3) break;
  }
  const Point rest = find_ramp(out.image, reference, mask);
  add_ramp(out.image, {-rest.rows, -rest.cols});
  ramp = {ramp.rows + rest.rows, ramp.cols + rest.cols};

  std::complex<double> overlap = 0;
  double power = 0;
  for (std::size_t i = 0; i < mask.size(); ++i)
    if (mask.data()[i] != 0) {
      const std::complex<double> a(out.image.data()[i]), b(reference.data()[i]);
      overlap += std::conj(a) * b;
      power += std::norm(a);
    }
  const std::complex<double> factor = power > 0 ? overlap / power : 1.0;
  for (Complex& o : out.image.pixels()) o *= Complex(factor);
  out.alignment = {.shift_rows = shift.rows,
                   .shift_cols = shift.cols,
                   .ramp_rows = ramp.rows,
                   .ramp_cols = ramp.cols,
                   .factor = factor};
  return out;
}

}  // namespace ptero::quality
