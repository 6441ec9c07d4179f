#pragma once
// Transpose, flip, crop, bin: what the reading options, or the view a raw file was recorded with, do to each
// frame and to the mask.

#include <array>
#include <optional>
#include <ptero/core/dtype.hpp>
#include <ptero/core/frame_view.hpp>
#include <ptero/core/image.hpp>
#include <ptero/scanfile/read_options.hpp>
#include <span>
#include <vector>

namespace ptero::scanfile {

class FrameWindow {
 public:
  /// recorded: shape of the frames in the file. file_centre: row, col of the zero frequency there, used where
  /// the options name none. Throws InputError when the crop does not fit the frames or the bin the crop.
  FrameWindow(Shape recorded, Dtype dtype, const ReadOptions& options,
              std::optional<std::array<double, 2>> file_centre);
  /// The view of a raw file; it fits the frames. file_centre: of the recorded frame.
  FrameWindow(Shape recorded, Dtype dtype, const FrameView& view,
              std::optional<std::array<double, 2>> file_centre);

  Shape shape() const { return shape_; }
  /// Binning sums into u32, of f32 into f32.
  Dtype dtype() const { return dtype_; }
  std::optional<std::array<double, 2>> centre() const { return centre_; }
  /// Object pixels of the window in units of those of the whole frame: x and y.
  std::array<double, 2> object_pixel_ratio() const { return object_pixel_ratio_; }

  std::vector<std::byte> apply(std::vector<std::byte> pixels) const;
  /// 0 = good; a binned pixel is good when all its pixels are.
  std::vector<std::uint8_t> apply_mask(std::span<const std::uint8_t> mask) const;

 private:
  Shape recorded_;
  Dtype recorded_dtype_;
  Dtype dtype_;
  bool transpose_;
  bool flip_rows_ = false;
  bool flip_cols_ = false;
  std::size_t bin_;
  std::size_t row0_ = 0;  ///< of the crop, in the transposed frame
  std::size_t col0_ = 0;
  Shape shape_;
  std::optional<std::array<double, 2>> centre_;
  void finish(Shape whole, Shape crop);
  std::array<double, 2> object_pixel_ratio_{1, 1};

  template <class T>
  T at(const T* pixels, std::size_t row, std::size_t col) const {
    if (flip_rows_) row = (transpose_ ? recorded_.cols : recorded_.rows) - 1 - row;
    if (flip_cols_) col = (transpose_ ? recorded_.rows : recorded_.cols) - 1 - col;
    return transpose_ ? pixels[col * recorded_.cols + row] : pixels[row * recorded_.cols + col];
  }
};

}  // namespace ptero::scanfile
