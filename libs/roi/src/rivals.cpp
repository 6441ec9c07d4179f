#include <algorithm>
#include <cmath>
#include <ptero/core/contract.hpp>
#include <ptero/roi/rivals.hpp>

#include "cohort.hpp"
#include "kmeans.hpp"

namespace ptero::roi {
namespace {

constexpr double faintest_ring = 0.01;
constexpr double annulus_width = 1.5;

double radius_of(std::size_t row, std::size_t col, PatternCentre centre) {
  return std::hypot(static_cast<double>(row) - centre.row, static_cast<double>(col) - centre.col);
}

/// The mask with every pixel out as well that `keeps(row, col)` does not keep.
template <class F>
FeatureExtractor extractor_of(Shape shape, Dtype dtype, PatternCentre centre,
                              std::span<const std::uint8_t> mask, F keeps) {
  std::vector<std::uint8_t> part(shape.count(), 0);
  for (std::size_t i = 0; i < part.size(); ++i)
    part[i] = (i < mask.size() && mask[i] != 0) || !keeps(i / shape.cols, i % shape.cols);
  return FeatureExtractor(shape, dtype, centre, 1, part);
}

}  // namespace

std::string_view name_of(Rival rival) {
  switch (rival) {
    case Rival::hilbert_dpc:
      return "Hilbert DPC, absolute";
    case Rival::stxm:
      return "STXM";
    case Rival::dark_field_circular:
      return "dark field, circular";
    case Rival::dark_field_annular:
      break;
  }
  return "dark field, annular";
}

double direct_beam_radius(const Image<double>& mean_pattern, PatternCentre centre,
                          std::span<const std::uint8_t> mask) {
  PTERO_EXPECT(mask.empty() || mask.size() == mean_pattern.size());
  std::vector<double> sums, counts;
  for (std::size_t r = 0; r < mean_pattern.rows(); ++r) {
    for (std::size_t c = 0; c < mean_pattern.cols(); ++c) {
      if (!mask.empty() && mask[r * mean_pattern.cols() + c] != 0) continue;
      const auto ring = static_cast<std::size_t>(radius_of(r, c, centre));
      if (ring >= sums.size()) sums.resize(ring + 1, 0), counts.resize(ring + 1, 0);
      sums[ring] += mean_pattern(r, c);
      counts[ring] += 1;
    }
  }
  double brightest = 0, radius = 0;
  for (std::size_t k = 0; k < sums.size(); ++k)
    if (counts[k] > 0) brightest = std::max(brightest, sums[k] /= counts[k]);
  for (std::size_t k = 0; k < sums.size(); ++k)
    if (sums[k] > faintest_ring * brightest) radius = static_cast<double>(k + 1);
  return radius;
}

RivalExtractor::RivalExtractor(Shape shape, Dtype dtype, PatternCentre centre, double beam,
                               std::span<const std::uint8_t> mask)
    : whole_(shape, dtype, centre, 1, mask),
      right_(extractor_of(shape, dtype, centre, mask,
                          [&](std::size_t, std::size_t c) { return static_cast<double>(c) > centre.col; })),
      outside_(extractor_of(shape, dtype, centre, mask,
                            [&](std::size_t r, std::size_t c) { return radius_of(r, c, centre) >= beam; })),
      annulus_(extractor_of(shape, dtype, centre, mask, [&](std::size_t r, std::size_t c) {
        const double radius = radius_of(r, c, centre);
        return radius >= beam && radius < annulus_width * beam;
      })) {}

std::array<double, rivals.size()> RivalExtractor::extract(std::span<const std::byte> pixels) const {
  const double total = whole_.extract(pixels).whole.total, right = right_.extract(pixels).whole.total;
  return {total > 0 ? (2 * right - total) / total : 0, total, outside_.extract(pixels).whole.total,
          annulus_.extract(pixels).whole.total};
}

std::vector<std::uint8_t> classify_by(Rival rival, std::vector<double> values) {
  if (rival == Rival::hilbert_dpc) {
    const double middle = median_of(values);
    for (double& v : values) v = std::abs(v - middle);
  }
  std::vector<std::uint8_t> region(values.size(), 0);
  const std::vector<double> centres = kmeans(values, 2);
  if (centres.empty() || centres[0] == centres[1]) return region;
  const std::size_t wanted = rival == Rival::stxm ? 0 : 1;
  for (std::size_t i = 0; i < values.size(); ++i) region[i] = nearest(centres, values[i]) == wanted;
  return region;
}

}  // namespace ptero::roi
