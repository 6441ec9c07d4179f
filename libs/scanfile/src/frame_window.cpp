#include "frame_window.hpp"

#include <cmath>
#include <cstring>
#include <limits>
#include <ptero/core/contract.hpp>
#include <ptero/core/error.hpp>
#include <ptero/core/inside.hpp>

namespace ptero::scanfile {

namespace {

std::string text_of(Shape shape) {
  return std::to_string(shape.rows) + "x" + std::to_string(shape.cols);
}

/// First pixel of a crop of n whose centre sits at n/2.
std::size_t first_pixel(double centre, std::size_t n, std::size_t size, const char* axis) {
  const double first = std::round(centre) - static_cast<double>(n / 2);
  if (!(first >= 0) || first + static_cast<double>(n) > static_cast<double>(size))
    throw InputError("a crop of " + std::to_string(n) + " " + axis + "s about " + axis + " " +
                         std::to_string(centre) + " does not fit frames of " + std::to_string(size) + " " +
                         axis + "s",
                     {}, "choose a smaller --crop or another --centre");
  return static_cast<std::size_t>(first);
}

}  // namespace

FrameWindow::FrameWindow(Shape recorded, Dtype dtype, const ReadOptions& options,
                         std::optional<std::array<double, 2>> file_centre)
    : recorded_(recorded), recorded_dtype_(dtype), transpose_(options.transpose), bin_(options.bin) {
  const Shape whole = transpose_ ? Shape{recorded.cols, recorded.rows} : recorded;
  if (transpose_ && file_centre) file_centre = {{(*file_centre)[1], (*file_centre)[0]}};
  centre_ = options.centre ? options.centre : file_centre;
  if (centre_ && !inside(whole, (*centre_)[0], (*centre_)[1]))
    throw InputError("the centre is outside the frames of " + text_of(whole), {},
                     "give --centre ROW,COL in pixels");
  Shape crop = whole;
  if (options.crop > 0) {
    const std::array<double, 2> about = centre_.value_or(
        std::array{static_cast<double>(whole.rows / 2), static_cast<double>(whole.cols / 2)});
    crop = {options.crop, options.crop};
    row0_ = first_pixel(about[0], crop.rows, whole.rows, "row");
    col0_ = first_pixel(about[1], crop.cols, whole.cols, "column");
  }
  if (bin_ == 0 || crop.rows % bin_ != 0 || crop.cols % bin_ != 0)
    throw InputError("frames of " + text_of(crop) + " cannot be binned by " + std::to_string(bin_), {},
                     "choose a --bin that divides both sides, or a --crop");
  finish(whole, crop);
}

FrameWindow::FrameWindow(Shape recorded, Dtype dtype, const FrameView& view,
                         std::optional<std::array<double, 2>> file_centre)
    : recorded_(recorded),
      recorded_dtype_(dtype),
      transpose_(view.transpose),
      flip_rows_(view.flip_rows),
      flip_cols_(view.flip_cols),
      bin_(view.bin),
      row0_(view.row0),
      col0_(view.col0) {
  PTERO_EXPECT(view.fits(recorded));
  if (file_centre) centre_ = view.turned_from_received(recorded, *file_centre);
  finish(view.turned(recorded), view.cropped(recorded));
}

/// Size, type and centre after the crop and the bins.
void FrameWindow::finish(Shape whole, Shape crop) {
  shape_ = {crop.rows / bin_, crop.cols / bin_};
  dtype_ = bin_ == 1 || recorded_dtype_ == Dtype::f32 ? recorded_dtype_ : Dtype::u32;
  if (centre_) {
    const auto bin = static_cast<double>(bin_);
    (*centre_)[0] = ((*centre_)[0] - static_cast<double>(row0_) + 0.5) / bin - 0.5;
    (*centre_)[1] = ((*centre_)[1] - static_cast<double>(col0_) + 0.5) / bin - 0.5;
  }
  object_pixel_ratio_ = {static_cast<double>(whole.cols) / static_cast<double>(crop.cols),
                         static_cast<double>(whole.rows) / static_cast<double>(crop.rows)};
}

std::vector<std::byte> FrameWindow::apply(std::vector<std::byte> recorded) const {
  const bool turned = transpose_ || flip_rows_ || flip_cols_;
  if (!turned && bin_ == 1 && shape_ == recorded_) return recorded;
  std::vector<std::byte> out(shape_.count() * size_of(dtype_));
  with_dtype(recorded_dtype_, [&]<class T>(T) {
    const T* in = reinterpret_cast<const T*>(recorded.data());
    if (bin_ == 1) {
      T* pixel = reinterpret_cast<T*>(out.data());
      for (std::size_t r = 0; r < shape_.rows; ++r)
        for (std::size_t c = 0; c < shape_.cols; ++c) *pixel++ = at(in, row0_ + r, col0_ + c);
      return;
    }
    using Sum = std::conditional_t<std::is_same_v<T, float>, float, std::uint32_t>;
    Sum* pixel = reinterpret_cast<Sum*>(out.data());
    const double flag = flag_value(recorded_dtype_);
    const double largest = flag_value(dtype_) - 1;
    for (std::size_t r = 0; r < shape_.rows; ++r)
      for (std::size_t c = 0; c < shape_.cols; ++c) {
        double sum = 0;
        bool flagged = false;
        for (std::size_t i = 0; i < bin_; ++i)
          for (std::size_t j = 0; j < bin_; ++j) {
            const auto value = static_cast<double>(at(in, row0_ + r * bin_ + i, col0_ + c * bin_ + j));
            flagged = flagged || value >= flag;
            sum += value;
          }
        if constexpr (std::is_same_v<Sum, float>)
          *pixel++ = flagged ? std::numeric_limits<float>::infinity() : static_cast<float>(sum);
        else
          *pixel++ = flagged ? std::numeric_limits<Sum>::max() : static_cast<Sum>(std::min(sum, largest));
      }
  });
  return out;
}

std::vector<std::uint8_t> FrameWindow::apply_mask(std::span<const std::uint8_t> mask) const {
  if (mask.empty()) return {};
  std::vector<std::uint8_t> out(shape_.count(), 0);
  for (std::size_t r = 0; r < shape_.rows * bin_; ++r)
    for (std::size_t c = 0; c < shape_.cols * bin_; ++c)
      if (at(mask.data(), row0_ + r, col0_ + c) != 0) out[r / bin_ * shape_.cols + c / bin_] = 1;
  return out;
}

}  // namespace ptero::scanfile
