#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>
#include <ptero/core/contract.hpp>
#include <ptero/core/error.hpp>
#include <ptero/roi/features.hpp>
#include <string>

#include "feature_kernel.hpp"

namespace ptero::roi {
namespace {

using Run = FeatureExtractor::Run;
constexpr int max_segments = 256;

int segment_of(double row, double col, PatternCentre centre, int segments) {
  if (segments == 1) return 0;
  double angle = std::atan2(row - centre.row, col - centre.col);
  if (angle < 0) angle += 2 * std::numbers::pi;
  // A tiny negative angle rounds up to 2 pi: it belongs to the last segment.
  return std::min(static_cast<int>(angle * segments / (2 * std::numbers::pi)), segments - 1);
}

std::size_t longest_run_of(Dtype dtype) {
  return with_dtype(dtype, []<class T>(T) { return longest_run<T>; });
}

/// Masked pixels fall between runs, so the kernel needs no mask.
std::vector<Run> make_runs(Shape shape, PatternCentre centre, int segments,
                           std::span<const std::uint8_t> mask, std::size_t longest) {
  std::vector<Run> runs;
  for (std::size_t row = 0; row < shape.rows; ++row) {
    bool open = false;
    for (std::size_t col = 0; col < shape.cols; ++col) {
      if (!mask.empty() && mask[row * shape.cols + col] != 0) {
        open = false;
        continue;
      }
      const int segment = segment_of(static_cast<double>(row), static_cast<double>(col), centre, segments);
      if (!open || runs.back().segment != segment || runs.back().length == longest)
        runs.push_back({static_cast<std::uint16_t>(row), static_cast<std::uint16_t>(col), 0,
                        static_cast<std::uint16_t>(segment)});
      ++runs.back().length;
      open = true;
    }
  }
  return runs;
}

template <class T>
SegmentFeatures features_of(const MomentSums<T>& sums) {
  const auto total = static_cast<double>(sums.total);
  if (!(total > 0)) {
    constexpr double none = std::numeric_limits<double>::quiet_NaN();
    return {total, none, none};
  }
  return {total, static_cast<double>(sums.x) / total, static_cast<double>(sums.y) / total};
}

void check_mask(Shape shape, std::span<const std::uint8_t> mask) {
  if (!mask.empty() && mask.size() != shape.count())
    throw InputError("the mask has " + std::to_string(mask.size()) + " pixels, the frames " +
                         std::to_string(shape.rows) + " x " + std::to_string(shape.cols),
                     "", "give a mask of the frame's shape");
}

}  // namespace

std::string_view name_of(Simd simd) {
  switch (simd) {
    case Simd::baseline:
      return "baseline";
    case Simd::avx2:
      return "avx2";
    case Simd::avx512:
      break;
  }
  return "avx512";
}

Simd widest_simd() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512dq"))
    return Simd::avx512;
  if (__builtin_cpu_supports("avx2")) return Simd::avx2;
#endif
  return Simd::baseline;
}

PatternCentre find_centre(const Image<double>& mean_pattern, std::span<const std::uint8_t> mask) {
  const Shape shape = mean_pattern.shape();
  check_mask(shape, mask);
  double total = 0, x = 0, y = 0;
  for (std::size_t row = 0; row < shape.rows; ++row) {
    for (std::size_t col = 0; col < shape.cols; ++col) {
      const double counts = mean_pattern(row, col);
      if ((!mask.empty() && mask[row * shape.cols + col] != 0) || !std::isfinite(counts)) continue;
      total += counts;
      x += counts * static_cast<double>(col);
      y += counts * static_cast<double>(row);
    }
  }
  if (total > 0) return {y / total, x / total};
  return {(static_cast<double>(shape.rows) - 1) / 2, (static_cast<double>(shape.cols) - 1) / 2};
}

FeatureExtractor::FeatureExtractor(Shape shape, Dtype dtype, PatternCentre centre, int segments,
                                   std::span<const std::uint8_t> mask, std::optional<Simd> simd)
    : shape_(shape),
      dtype_(dtype),
      segments_(segments),
      simd_(simd ? std::min(*simd, widest_simd()) : fastest_simd(dtype)) {
  if (segments < 1 || segments > max_segments)
    throw InputError("cannot cut patterns into " + std::to_string(segments) + " segments", "",
                     "segments is 1.." + std::to_string(max_segments));
  if (shape.count() == 0 || std::max(shape.rows, shape.cols) > 65535)
    throw InputError("cannot classify frames of " + std::to_string(shape.rows) + " x " +
                         std::to_string(shape.cols) + " pixels",
                     "", "both sides are 1..65535");
  check_mask(shape, mask);
  if (!std::isfinite(centre.row) || !std::isfinite(centre.col))
    throw InputError("the pattern centre is not a number", "", "give it as ROW,COL in pixels");
  runs_ = make_runs(shape, centre, segments, mask, longest_run_of(dtype));
}

FrameFeatures FeatureExtractor::extract(std::span<const std::byte> pixels) const {
  PTERO_EXPECT(pixels.size() == shape_.count() * size_of(dtype_));
  return with_dtype(dtype_, [&]<class T>(T) {
    std::array<MomentSums<T>, max_segments> sums{};
    const std::span<const T> typed(reinterpret_cast<const T*>(pixels.data()), shape_.count());
    FrameFeatures features;
    features.flagged_pixels = feature_kernel<T>(simd_)(typed, shape_.cols, runs_, sums.data());
    MomentSums<T> whole;
    features.segments.reserve(static_cast<std::size_t>(segments_));
    for (std::size_t s = 0; s < static_cast<std::size_t>(segments_); ++s) {
      features.segments.push_back(features_of(sums[s]));
      whole.total += sums[s].total;
      whole.x += sums[s].x;
      whole.y += sums[s].y;
    }
    features.whole = features_of(whole);
    return features;
  });
}

}  // namespace ptero::roi
