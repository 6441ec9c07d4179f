#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numbers>
#include <ptero/ptycho/pattern.hpp>

namespace ptero::ptycho {

std::string_view name_of(IntakeFault fault) {
  switch (fault) {
    case IntakeFault::wrong_shape:
      return "wrong_shape";
    case IntakeFault::no_counts:
      return "no_counts";
    case IntakeFault::bad_position:
      return "bad_position";
    case IntakeFault::duplicate_id:
      break;
  }
  return "duplicate_id";
}

Result<Pattern, IntakeFault> make_pattern(const Image<float>& amplitude, double min_counts) {
  if (amplitude.empty() || amplitude.rows() != amplitude.cols()) return IntakeFault::wrong_shape;
  const auto valid = [](float a) { return a >= 0 && std::isfinite(a); };
  Pattern pattern;
  float largest = 0;
  for (const float a : amplitude.pixels())
    if (valid(a)) {
      largest = std::max(largest, a);
      pattern.counts += double{a} * double{a};
    }
  if (!(pattern.counts >= min_counts) || !(pattern.counts > 0)) return IntakeFault::no_counts;
  pattern.unit = largest / float{Pattern::brightest};
  pattern.amplitude.reserve(amplitude.size());
  const float per_unit = float{Pattern::brightest} / largest;
  for (const float a : amplitude.pixels())
    pattern.amplitude.push_back(valid(a) ? static_cast<std::uint16_t>(std::lround(a * per_unit))
                                         : Pattern::masked);
  return pattern;
}

namespace {
constexpr float nothing_measured = std::numeric_limits<float>::quiet_NaN();

// The flags of 16-bit pixels in a wider type. Where one is a count after all, a pixel of one frame is lost.
template <class T>
bool is_flag_of_narrower(double counts) {
  return sizeof(T) > 2 && (counts == 65535 || counts == 65534);
}

// One row of the crop: amplitudes into `out` (zero frequency still in the middle), NaN where nothing was
// measured, -sqrt(-counts) below zero.
template <class T>
void read_row(const std::byte* pixels, const std::uint8_t* mask, std::size_t count, double flag, float* out) {
  for (std::size_t i = 0; i < count; ++i) {
    T value;
    std::memcpy(&value, pixels + i * sizeof(T), sizeof(T));
    const auto counts = static_cast<double>(value);
    const bool measured =
        std::abs(counts) < flag && !is_flag_of_narrower<T>(counts) && (mask == nullptr || mask[i] == 0);
    const auto amplitude = static_cast<float>(std::sqrt(std::abs(counts)));
    out[i] = !measured ? nothing_measured : counts < 0 ? -amplitude : amplitude;
  }
}

// What floats below zero mean. Where all of them are -1 or -2 they are a detector's marks of gaps and dead
// pixels: nothing was measured there. Otherwise they are the lower half of the noise that a subtracted dark
// leaves; without them the dim pixels would count too much, as zeros no less. What is missing to zero is
// taken from the pixels that follow, so that every neighbourhood keeps its counts.
void settle_below_zero(std::span<float> amplitudes) {
  constexpr float gap = -1, dead = -std::numbers::sqrt2_v<float>;
  bool any = false, marks = true;
  for (const float a : amplitudes) {
    any = any || a < 0;
    marks = marks && (!(a < 0) || a == gap || std::abs(a - dead) < 1e-6F);
  }
  if (!any) return;
  double missing = 0;
  for (float& a : amplitudes) {
    if (marks) {
      if (a < 0) a = nothing_measured;
    } else if (!std::isnan(a)) {
      const double counts = std::copysign(double{a} * double{a}, double{a}) + missing;
      missing = std::min(counts, 0.0);
      a = static_cast<float>(std::sqrt(std::max(counts, 0.0)));
    }
  }
}
}  // namespace

Result<Pattern, IntakeFault> make_pattern(const PixelView& pixels, const IntakeOptions& options) {
  const Shape frame = pixels.shape;
  const std::size_t n = options.n;
  PTERO_EXPECT(n > 0 && n % 2 == 0);
  if (frame.count() == 0 || pixels.bytes.size() != frame.count() * size_of(pixels.dtype) ||
      (!options.mask.empty() && options.mask.size() != frame.count()))
    return IntakeFault::wrong_shape;

  const auto half = static_cast<std::int64_t>(n / 2);
  const std::int64_t top = std::llround(options.centre_row) - half;
  const std::int64_t left = std::llround(options.centre_col) - half;
  const auto rows = static_cast<std::int64_t>(frame.rows), cols = static_cast<std::int64_t>(frame.cols);
  const auto size = static_cast<std::int64_t>(n);
  const std::int64_t first_row = std::clamp<std::int64_t>(-top, 0, size);
  const std::int64_t last_row = std::clamp<std::int64_t>(rows - top, first_row, size);
  const std::int64_t first_col = std::clamp<std::int64_t>(-left, 0, size);
  const std::int64_t last_col = std::clamp<std::int64_t>(cols - left, first_col, size);

  Image<float> crop(Shape{n, n}, nothing_measured);
  const double highest = flag_value(pixels.dtype);
  const double flag = options.saturation > 0 ? std::min(highest, options.saturation) : highest;
  with_dtype(pixels.dtype, [&]<class T>(T) {
    for (std::int64_t r = first_row; r < last_row; ++r) {
      const std::int64_t offset = (r + top) * cols + left + first_col;
      const std::uint8_t* mask = options.mask.empty() ? nullptr : options.mask.data() + offset;
      read_row<T>(pixels.bytes.data() + static_cast<std::size_t>(offset) * sizeof(T), mask,
                  static_cast<std::size_t>(last_col - first_col), flag,
                  crop.row(static_cast<std::size_t>(r)).data() + first_col);
    }
  });
  if (pixels.dtype == Dtype::f32) settle_below_zero(crop.pixels());
  return make_pattern(options.regime == Regime::far_field ? swap_halves(crop) : crop, options.min_counts);
}

Image<float> amplitudes(const Pattern& pattern, std::size_t n) {
  PTERO_EXPECT(pattern.amplitude.size() == n * n);
  Image<float> out(Shape{n, n});
  for (std::size_t i = 0; i < out.size(); ++i) {
    const std::uint16_t value = pattern.amplitude[i];
    out.data()[i] = value == Pattern::masked ? -1.0F : static_cast<float>(value) * pattern.unit;
  }
  return out;
}

}  // namespace ptero::ptycho
