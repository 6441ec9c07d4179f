#include <ptero/core/frame_view.hpp>

namespace ptero {

namespace {
double mirrored(double at, std::size_t size) {
  return static_cast<double>(size) - 1 - at;
}
}  // namespace

Shape FrameView::turned(Shape received) const {
  return transpose ? Shape{received.cols, received.rows} : received;
}

Shape FrameView::cropped(Shape received) const {
  return crop.count() == 0 ? turned(received) : crop;
}

Shape FrameView::shape(Shape received) const {
  const Shape kept = cropped(received);
  return {kept.rows / bin, kept.cols / bin};
}

Dtype FrameView::dtype(Dtype received) const {
  const Dtype seen = computed_as(received);
  return bin == 1 || seen == Dtype::f32 ? seen : Dtype::u32;
}

bool FrameView::fits(Shape received) const {
  const Shape whole = turned(received);
  const Shape kept = cropped(received);
  if (bin == 0 || kept.rows % bin != 0 || kept.cols % bin != 0) return false;
  return kept.rows <= whole.rows && row0 <= whole.rows - kept.rows && kept.cols <= whole.cols &&
         col0 <= whole.cols - kept.cols;
}

std::array<double, 2> FrameView::received_from_turned(Shape received, std::array<double, 2> at) const {
  const Shape whole = turned(received);
  if (flip_rows) at[0] = mirrored(at[0], whole.rows);
  if (flip_cols) at[1] = mirrored(at[1], whole.cols);
  return transpose ? std::array{at[1], at[0]} : at;
}

std::array<double, 2> FrameView::turned_from_received(Shape received, std::array<double, 2> at) const {
  const Shape whole = turned(received);
  if (transpose) at = {at[1], at[0]};
  if (flip_rows) at[0] = mirrored(at[0], whole.rows);
  if (flip_cols) at[1] = mirrored(at[1], whole.cols);
  return at;
}

}  // namespace ptero
