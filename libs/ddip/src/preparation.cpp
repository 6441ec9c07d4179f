#include <ptero/ddip/preparation.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <ptero/core/error.hpp>
#include <string>

namespace ptero::ddip {

namespace {

constexpr std::size_t smallest_side = 32;  // the border reflected is then shorter than the image
constexpr std::size_t smallest_padded = 72;

using Complex = std::complex<double>;

std::string name(std::size_t slice) {
  return "slice " + std::to_string(slice + 1);
}
std::string sides(Shape shape) {
  return std::to_string(shape.rows) + " x " + std::to_string(shape.cols);
}

void check_values(const Image<float>& slice, std::size_t index) {
  const auto bad = std::find_if_not(slice.pixels().begin(), slice.pixels().end(),
                                    [](float v) { return std::isfinite(v); });
  if (bad != slice.pixels().end()) {
    const auto at = static_cast<std::size_t>(bad - slice.pixels().begin());
    throw InputError(name(index) + " holds a value that is no number, at row " +
                         std::to_string(at / slice.cols()) + ", column " + std::to_string(at % slice.cols()),
                     {}, "crop to where the reconstruction is lit");
  }
  const auto [low, high] = std::minmax_element(slice.pixels().begin(), slice.pixels().end());
  if (!(*low < *high))
    throw InputError(name(index) + " has the same value everywhere", {}, "there is nothing to separate");
}

std::size_t padded(std::size_t side) {
  return std::max(smallest_padded, (side + 7) / 8 * 8);
}

/// Index into 0 .. n-1 of place i beside it, reflected without repeating the edge.
std::size_t reflected(std::ptrdiff_t i, std::size_t n) {
  const auto last = static_cast<std::ptrdiff_t>(n) - 1;
  if (i < 0) i = -i;
  return static_cast<std::size_t>(i > last ? 2 * last - i : i);
}

/// Phase step a pixel between neighbours along an axis, weighted by their intensity.
double mean_step(const Image<std::complex<float>>& object, const Image<float>& lit, bool along_rows) {
  Complex sum = 0;
  const std::size_t dr = along_rows ? 1 : 0, dc = along_rows ? 0 : 1;
  for (std::size_t r = 0; r + dr < object.rows(); ++r)
    for (std::size_t c = 0; c + dc < object.cols(); ++c)
      if (lit.empty() || (lit(r, c) > 0 && lit(r + dr, c + dc) > 0))
        sum += Complex(object(r + dr, c + dc)) * std::conj(Complex(object(r, c)));
  return std::arg(sum);
}

}  // namespace

Image<float> phase_without_ramp(const Image<std::complex<float>>& object, const Image<float>& lit) {
  PTERO_EXPECT(lit.empty() || lit.shape() == object.shape());
  const double by_row = mean_step(object, lit, true), by_col = mean_step(object, lit, false);
  const auto turned = [&](std::size_t r, std::size_t c) {
    return Complex(object(r, c)) *
           std::polar(1.0, -by_row * static_cast<double>(r) - by_col * static_cast<double>(c));
  };
  Complex mean = 0;
  for (std::size_t r = 0; r < object.rows(); ++r)
    for (std::size_t c = 0; c < object.cols(); ++c)
      if (lit.empty() || lit(r, c) > 0) mean += turned(r, c);
  const Complex back = std::conj(mean);
  Image<float> phase(object.shape());
  for (std::size_t r = 0; r < object.rows(); ++r)
    for (std::size_t c = 0; c < object.cols(); ++c)
      phase(r, c) = static_cast<float>(std::arg(turned(r, c) * back));
  return phase;
}

Window fully_lit(const Image<float>& coverage, double share) {
  const float brightest =
      coverage.empty() ? 0 : *std::max_element(coverage.pixels().begin(), coverage.pixels().end());
  if (!(brightest > 0)) return {};
  const auto least = static_cast<float>(share) * brightest;
  std::size_t top = 0, bottom = coverage.rows(), left = 0, right = coverage.cols();
  const auto dark_in_row = [&](std::size_t r) {
    return std::count_if(coverage.row(r).begin() + static_cast<std::ptrdiff_t>(left),
                         coverage.row(r).begin() + static_cast<std::ptrdiff_t>(right),
                         [&](float v) { return v < least; });
  };
  const auto dark_in_col = [&](std::size_t c) {
    std::ptrdiff_t dark = 0;
    for (std::size_t r = top; r < bottom; ++r) dark += coverage(r, c) < least;
    return dark;
  };
  // Takes away the darkest edge until none is dark.
  while (top < bottom && left < right) {
    const auto height = static_cast<double>(bottom - top), width = static_cast<double>(right - left);
    const double shares[] = {static_cast<double>(dark_in_row(top)) / width,
                             static_cast<double>(dark_in_row(bottom - 1)) / width,
                             static_cast<double>(dark_in_col(left)) / height,
                             static_cast<double>(dark_in_col(right - 1)) / height};
    const auto worst = std::max_element(std::begin(shares), std::end(shares)) - std::begin(shares);
    if (shares[worst] == 0) break;
    if (worst == 0) ++top;
    if (worst == 1) --bottom;
    if (worst == 2) ++left;
    if (worst == 3) --right;
  }
  if (top >= bottom || left >= right) return {};
  return {top, left, {bottom - top, right - left}};
}

Prepared prepare(std::span<const Image<float>> slices) {
  if (slices.size() < 2)
    throw InputError("a separation needs at least two slices", "there is " + std::to_string(slices.size()));
  const Shape shape = slices[0].shape();
  for (std::size_t i = 0; i < slices.size(); ++i) {
    if (slices[i].shape() != shape)
      throw InputError(name(i) + " is " + sides(slices[i].shape()) + " pixels, slice 1 " + sides(shape), {},
                       "all slices must have one shape");
    if (shape.rows < smallest_side || shape.cols < smallest_side)
      throw InputError("the slices are " + sides(shape) + " pixels", "too small for five levels",
                       "give at least 32 x 32");
    check_values(slices[i], i);
  }
  Prepared prepared;
  prepared.shape = shape;
  float low = slices[0](0, 0), high = low;
  for (const Image<float>& slice : slices) {
    const auto [least, most] = std::minmax_element(slice.pixels().begin(), slice.pixels().end());
    low = std::min(low, *least);
    high = std::max(high, *most);
  }
  prepared.low = low;
  prepared.high = high;
  const Shape large{padded(shape.rows), padded(shape.cols)};
  prepared.top = (large.rows - shape.rows) / 2;
  prepared.left = (large.cols - shape.cols) / 2;
  const double scale = 1 / (prepared.high - prepared.low);
  for (const Image<float>& slice : slices) {
    Image<float> image(large);
    for (std::size_t r = 0; r < large.rows; ++r)
      for (std::size_t c = 0; c < large.cols; ++c) {
        const float value = slice(
            reflected(static_cast<std::ptrdiff_t>(r) - static_cast<std::ptrdiff_t>(prepared.top), shape.rows),
            reflected(static_cast<std::ptrdiff_t>(c) - static_cast<std::ptrdiff_t>(prepared.left),
                      shape.cols));
        image(r, c) = static_cast<float>((value - prepared.low) * scale);
      }
    prepared.images.push_back(std::move(image));
  }
  return prepared;
}

Image<float> restored(const Prepared& prepared, std::span<const float> image) {
  const Shape large = prepared.images.front().shape();
  PTERO_EXPECT(image.size() == large.count());
  Image<float> out(prepared.shape);
  for (std::size_t r = 0; r < out.rows(); ++r)
    for (std::size_t c = 0; c < out.cols(); ++c)
      out(r, c) =
          static_cast<float>(prepared.low + (prepared.high - prepared.low) *
                                                image[(r + prepared.top) * large.cols + c + prepared.left]);
  return out;
}

AffineFit fit_affine(std::span<const float> image, std::span<const float> reference) {
  PTERO_EXPECT(image.size() == reference.size() && !image.empty());
  const auto n = static_cast<double>(image.size());
  double x = 0, y = 0;
  for (std::size_t i = 0; i < image.size(); ++i) {
    x += image[i];
    y += reference[i];
  }
  x /= n;
  y /= n;
  double xx = 0, xy = 0;
  for (std::size_t i = 0; i < image.size(); ++i) {
    xx += (image[i] - x) * (image[i] - x);
    xy += (image[i] - x) * (reference[i] - y);
  }
  const double factor = xx > 0 ? xy / xx : 0;
  return {factor, y - factor * x};
}

Image<std::complex<float>> with_phase(const Image<std::complex<float>>& object, const Window& window,
                                      const Image<float>& phase) {
  PTERO_EXPECT(phase.shape() == window.shape && window.top + window.shape.rows <= object.rows() &&
               window.left + window.shape.cols <= object.cols());
  Image<std::complex<float>> part(window.shape);
  for (std::size_t r = 0; r < part.rows(); ++r)
    for (std::size_t c = 0; c < part.cols(); ++c) part(r, c) = object(r + window.top, c + window.left);
  const Image<float> before = phase_without_ramp(part);
  const AffineFit fit = fit_affine(phase.pixels(), before.pixels());
  // Only the difference is applied, so ramp and constant stay those of the object.
  Image<std::complex<float>> out = object;
  for (std::size_t r = 0; r < part.rows(); ++r)
    for (std::size_t c = 0; c < part.cols(); ++c) {
      const double change = fit.factor * phase(r, c) + fit.offset - before(r, c);
      out(r + window.top, c + window.left) *= std::complex<float>(std::polar(1.0, change));
    }
  return out;
}

}  // namespace ptero::ddip
