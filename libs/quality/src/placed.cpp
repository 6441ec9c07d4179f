#include <ptero/quality/placed.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace ptero::quality {

namespace {

template <class T>
Image<T> cut(const Image<T>& image, std::int64_t row, std::int64_t col, Shape shape) {
  Image<T> out(shape);
  for (std::size_t r = 0; r < shape.rows; ++r) {
    const auto source =
        image.row(static_cast<std::size_t>(row) + r).subspan(static_cast<std::size_t>(col), shape.cols);
    std::copy(source.begin(), source.end(), out.row(r).begin());
  }
  return out;
}

/// Pixels from the image's first row (or column) to the reference's, along one axis.
std::int64_t offset(std::size_t image_side, double image_centre_m, std::size_t reference_side,
                    double reference_centre_m, double pixel_m) {
  const double apart = pixel_m > 0 ? (reference_centre_m - image_centre_m) / pixel_m : 0;
  return std::llround(static_cast<double>(image_side) / 2 + apart - static_cast<double>(reference_side) / 2);
}

struct Span {
  std::int64_t image, reference, length;
};

Span overlap(std::size_t image_side, std::size_t reference_side, std::int64_t by) {
  const std::int64_t begin = std::max<std::int64_t>(0, by);
  const std::int64_t end =
      std::min(static_cast<std::int64_t>(image_side), by + static_cast<std::int64_t>(reference_side));
  return {begin, begin - by, end - begin};
}

}  // namespace

std::optional<CommonArea> common_area(const Placed& image, const Placed& reference, const Mask& mask) {
  PTERO_EXPECT(mask.shape() == image.image.shape());
  const bool placed = image.pixel_m > 0 && reference.pixel_m > 0;
  if (placed && std::abs(image.pixel_m / reference.pixel_m - 1) > 0.01) return std::nullopt;
  const double pixel_m = placed ? image.pixel_m : 0;
  const auto& a = image.image;
  const auto& b = reference.image;
  const Span rows = overlap(a.rows(), b.rows(),
                            offset(a.rows(), image.centre.y_m, b.rows(), reference.centre.y_m, pixel_m));
  const Span cols = overlap(a.cols(), b.cols(),
                            offset(a.cols(), image.centre.x_m, b.cols(), reference.centre.x_m, pixel_m));
  if (rows.length < 8 || cols.length < 8) return std::nullopt;
  const Shape shape{static_cast<std::size_t>(rows.length), static_cast<std::size_t>(cols.length)};
  return CommonArea{cut(a, rows.image, cols.image, shape), cut(b, rows.reference, cols.reference, shape),
                    cut(mask, rows.image, cols.image, shape)};
}

}  // namespace ptero::quality
