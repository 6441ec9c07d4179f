#pragma once

#include <memory>
#include <ptero/ptycho/cpu/fft2d.hpp>

namespace ptero::ptycho {

/// The two halves of an n x n transform, a few rows or columns at a time: what is done to them before and
/// after finds them in the nearest cache. Rows and columns in either order make Fft2d's unscaled transform.
/// Execution is thread-safe; fields come from make_fft_buffer.
class FftPasses {
 public:
  static constexpr std::size_t rows_at_once = 8, columns_at_once = 16;

  /// n: even.
  explicit FftPasses(std::size_t n);
  ~FftPasses();

  /// `count` rows one after another in place: rows_at_once, or what is left of n at the end.
  void rows(Complex* rows, std::size_t count, int direction) const;
  /// A block of n x `width` of its own, row by row: columns_at_once columns, or what is left of n.
  void columns(Complex* block, std::size_t width, int direction) const;

  /// work(first, count) for all rows, in steps of rows_at_once.
  template <class Work>
  void each_rows(const Work& work) const {
    for (std::size_t r = 0; r < n_; r += rows_at_once) work(r, std::min(rows_at_once, n_ - r));
  }
  /// The same for columns.
  template <class Work>
  void each_columns(const Work& work) const {
    for (std::size_t c = 0; c < n_; c += columns_at_once) work(c, std::min(columns_at_once, n_ - c));
  }

 private:
  struct Plans;
  std::size_t n_;
  std::unique_ptr<Plans> plans_;
};

}  // namespace ptero::ptycho
