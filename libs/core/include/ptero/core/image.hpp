#pragma once

#include <cstddef>
#include <ptero/core/contract.hpp>
#include <span>
#include <utility>
#include <vector>

namespace ptero {

/// Height and width in pixels, in C order: (rows, cols).
struct Shape {
  std::size_t rows = 0;
  std::size_t cols = 0;

  std::size_t count() const { return rows * cols; }
  friend bool operator==(const Shape&, const Shape&) = default;
};

/// A row-major two-dimensional array that owns its pixels.
template <class T>
class Image {
 public:
  Image() = default;
  explicit Image(Shape shape, T value = T{}) : shape_(shape), pixels_(shape.count(), value) {}
  Image(Shape shape, std::vector<T> pixels) : shape_(shape), pixels_(std::move(pixels)) {
    PTERO_EXPECT(pixels_.size() == shape_.count());
  }

  Shape shape() const { return shape_; }
  std::size_t rows() const { return shape_.rows; }
  std::size_t cols() const { return shape_.cols; }
  std::size_t size() const { return pixels_.size(); }
  bool empty() const { return pixels_.empty(); }

  T& operator()(std::size_t row, std::size_t col) { return pixels_[row * shape_.cols + col]; }
  const T& operator()(std::size_t row, std::size_t col) const { return pixels_[row * shape_.cols + col]; }

  T* data() { return pixels_.data(); }
  const T* data() const { return pixels_.data(); }
  std::span<T> pixels() { return pixels_; }
  std::span<const T> pixels() const { return pixels_; }
  std::span<T> row(std::size_t r) { return {pixels_.data() + r * shape_.cols, shape_.cols}; }
  std::span<const T> row(std::size_t r) const { return {pixels_.data() + r * shape_.cols, shape_.cols}; }

 private:
  Shape shape_;
  std::vector<T> pixels_;
};

/// Rows become columns.
template <class T>
Image<T> transposed(const Image<T>& image) {
  Image<T> out(Shape{image.cols(), image.rows()});
  for (std::size_t r = 0; r < image.rows(); ++r)
    for (std::size_t c = 0; c < image.cols(); ++c) out(c, r) = image(r, c);
  return out;
}

}  // namespace ptero
