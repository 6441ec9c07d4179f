#pragma once
// The conventional contrasts that [Lin23, fig. 7] compares with, each cut in two by k-means: for comparison,
// the service does not use them.

#include <array>
#include <ptero/roi/features.hpp>
#include <span>
#include <string_view>
#include <vector>

namespace ptero::roi {

enum class Rival : std::uint8_t {
  hilbert_dpc,          ///< counts right of the centre less the others, over all counts
  stxm,                 ///< all counts
  dark_field_circular,  ///< counts outside the direct beam
  dark_field_annular,   ///< counts from the direct beam's edge to one and a half times its radius
};
inline constexpr std::array rivals{Rival::hilbert_dpc, Rival::stxm, Rival::dark_field_circular,
                                   Rival::dark_field_annular};
std::string_view name_of(Rival rival);

/// Pixels: radius about the centre of the outermost ring whose mean reaches 1 % of the brightest ring's.
/// mask: rows x cols, 0 = good, empty = all good.
double direct_beam_radius(const Image<double>& mean_pattern, PatternCentre centre,
                          std::span<const std::uint8_t> mask = {});

/// One value a rival and frame. Const members may be called from several threads at once.
class RivalExtractor {
 public:
  /// Throws InputError as FeatureExtractor does.
  RivalExtractor(Shape shape, Dtype dtype, PatternCentre centre, double direct_beam_radius,
                 std::span<const std::uint8_t> mask = {});
  /// By index into `rivals`. pixels: shape x dtype, C order.
  std::array<double, rivals.size()> extract(std::span<const std::byte> pixels) const;

 private:
  FeatureExtractor whole_, right_, outside_, annulus_;
};

/// 1 for the region, 0 for the background, by index into the values: k-means with two clusters and ten
/// iterations on the plain values, for hilbert_dpc on their distance to the median. The region is the lower
/// cluster of stxm and the upper one of the others; nothing where all values are equal.
std::vector<std::uint8_t> classify_by(Rival rival, std::vector<double> values);

}  // namespace ptero::roi
