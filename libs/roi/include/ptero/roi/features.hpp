#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <ptero/core/dtype.hpp>
#include <ptero/core/image.hpp>
#include <span>
#include <string_view>
#include <vector>

namespace ptero::roi {

/// Counts and centre of mass of one part of a pattern [Lin23, eq. 1], in absolute pixel coordinates: x is the
/// column, y the row, pixel centres at integers. Without counts (total <= 0) the centre of mass is NaN.
struct SegmentFeatures {
  double total = 0;
  double com_x = 0;
  double com_y = 0;
};

/// What the classifier keeps of one frame.
struct FrameFeatures {
  SegmentFeatures whole;
  std::vector<SegmentFeatures> segments;  ///< by azimuth; with one segment equal to `whole`
  std::uint64_t flagged_pixels = 0;  ///< unmasked pixels at the flag value (saturated, gaps) or not finite
};

/// The instruction set of the feature kernel. Every variant gives the same bits.
enum class Simd : std::uint8_t { baseline, avx2, avx512 };

/// "baseline", "avx2" or "avx512".
std::string_view name_of(Simd simd);
/// The widest one this processor has.
Simd widest_simd();
/// The fastest one here for patterns of this type, measured in some milliseconds when it is asked first and
/// remembered for the process: on some processors the widest is not it.
Simd fastest_simd(Dtype dtype);

/// Point about which a pattern is cut into segments, pixels.
struct PatternCentre {
  double row = 0;
  double col = 0;
};

/// Centre of mass of the mean pattern over its unmasked pixels, flag values and non-finite values left out:
/// right for a bright disc or a direct beam, off by the asymmetry of the scattering otherwise. An all-dark
/// pattern gives the middle of the frame. mask: rows x cols, 0 = good, empty = all good.
PatternCentre find_centre(const Image<double>& mean_pattern, std::span<const std::uint8_t> mask);

/// Reduces patterns of one shape and type to features; masked pixels and flag values never count.
/// Integer types are summed exactly in integers. Const members may be called from several threads at once.
class FeatureExtractor {
 public:
  /// Pixel (row, col) belongs to segment floor(angle * segments / 2 pi), angle = atan2(row - centre.row,
  /// col - centre.col) in [0, 2 pi). mask: rows x cols, 0 = good; empty = all good.
  /// simd: absent for the fastest. Throws InputError when the mask has another size, segments is not
  /// in 1..256, or a side exceeds 65535.
  FeatureExtractor(Shape shape, Dtype dtype, PatternCentre centre, int segments,
                   std::span<const std::uint8_t> mask = {}, std::optional<Simd> simd = {});

  /// pixels: shape x dtype, C order, any alignment.
  FrameFeatures extract(std::span<const std::byte> pixels) const;

  Shape shape() const { return shape_; }
  Dtype dtype() const { return dtype_; }
  int segments() const { return segments_; }

  /// Pixels of one row that follow each other, are good and lie in one segment. Part of the kernel's
  /// interface, not of the room's.
  struct Run {
    std::uint16_t row = 0;
    std::uint16_t col = 0;
    std::uint16_t length = 0;
    std::uint16_t segment = 0;
  };

 private:
  Shape shape_;
  Dtype dtype_;
  int segments_;
  Simd simd_;
  std::vector<Run> runs_;
};

}  // namespace ptero::roi
