#include "scattering.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace ptero::roi {
namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

/// What there is of one segment: 3 x 3 means, or single frames.
using Means = std::span<const MeanSegment>;
using Singles = std::span<const SegmentValues>;

bool is_known(const MeanSegment& mean) {
  return mean.averaged > 0;
}
bool is_known(const SegmentValues& values) {
  return values.known();
}
const MeanSegment& as_mean(const MeanSegment& mean) {
  return mean;
}
MeanSegment as_mean(const SegmentValues& values) {
  return {values.com_x, values.com_y, values.share, 1};
}

void average(const Neighbours& neighbours, Singles values, std::vector<MeanSegment>& means) {
  means.resize(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    MeanSegment mean;
    if (values[i].known()) {
      for (std::uint32_t j : neighbours.of(i)) {
        const SegmentValues& other = values[j];
        if (!other.known()) continue;
        mean.com_x += other.com_x;
        mean.com_y += other.com_y;
        mean.share += other.share;
        ++mean.averaged;
      }
      mean.com_x /= mean.averaged;
      mean.com_y /= mean.averaged;
      mean.share /= mean.averaged;
    }
    means[i] = mean;
  }
}

/// The background, thinned out evenly: the median of so many values is good to 2 % of their sigma.
struct Sample {
  static constexpr std::size_t most = 1 << 12;
  std::vector<std::uint32_t> frames;
  double total = 0;  ///< median counts of a whole pattern
};

Sample sample_background(const Cohort& cohort, std::span<const std::uint8_t> region) {
  const auto belongs = [&](std::size_t i) {
    return region[i] == 0 && cohort.takes_part(i) && cohort.frames[i]->features.whole.total > 0;
  };
  std::size_t count = 0;
  for (std::size_t i = 0; i < cohort.size(); ++i) count += belongs(i);
  Sample sample;
  std::vector<double> totals;
  std::size_t seen = 0;
  for (std::size_t i = 0; i < cohort.size(); ++i) {
    if (!belongs(i)) continue;
    // Frame `seen` of `count` is kept when the share of frames kept steps up there.
    const std::size_t keep = std::min(count, Sample::most);
    if ((seen + 1) * keep / count > seen * keep / count) {
      sample.frames.push_back(static_cast<std::uint32_t>(i));
      totals.push_back(cohort.frames[i]->features.whole.total);
    }
    ++seen;
  }
  sample.total = median_of(std::move(totals));
  return sample;
}

/// Scatter about the centre, but no less than the shot noise.
double scatter_about(double centre, std::vector<double> values, double shot_noise) {
  for (double& v : values) v -= centre;
  return std::max(shot_noise, robust_sigma(std::move(values)));
}

struct Measured {
  Scatter scatter;
  double share_shot_noise = 0;
};

/// Centre and scatter over the background, of means over `averaged` frames. By shot noise alone a centre of
/// mass scatters by the pattern's width over sqrt(T), so by 1 / sqrt(T) at least, and a share p of the counts
/// by sqrt(p (1 - p) / T).
template <class Values>
Measured background_scatter(const Sample& background, Values values, double averaged, std::size_t segments) {
  std::vector<double> x, y, share;
  for (auto* part : {&x, &y, &share}) part->reserve(background.frames.size());
  for (std::uint32_t i : background.frames) {
    if (!is_known(values[i])) continue;
    x.push_back(values[i].com_x);
    y.push_back(values[i].com_y);
    share.push_back(values[i].share);
  }
  if (x.empty()) return {};
  Measured measured;
  Scatter& scatter = measured.scatter;
  scatter.mean_x = median_of(x);
  scatter.mean_y = median_of(y);
  scatter.mean_share = median_of(share);
  const double p = std::clamp(scatter.mean_share, 0.0, 1.0), counts = averaged * background.total;
  const double floor = 1 / std::sqrt(p * counts);
  measured.share_shot_noise = std::sqrt(p * (1 - p) / counts);
  scatter.sigma_x = scatter_about(scatter.mean_x, std::move(x), floor);
  scatter.sigma_y = scatter_about(scatter.mean_y, std::move(y), floor);
  scatter.sigma_share = scatter_about(scatter.mean_share, std::move(share), measured.share_shot_noise);
  // The whole pattern is all of itself, but for rounding.
  if (segments == 1) scatter.sigma_share = 0;
  return measured;
}

/// The mean over the segments of the squared z-scores.
class SquareSum {
 public:
  explicit SquareSum(std::size_t frames) : sums_(frames, 0), counts_(frames, 0) {}
  template <class Values>
  void add(const Scatter& scatter, Values values, double averaged) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (!is_known(values[i])) continue;
      sums_[i] += mean_square_z(scatter, as_mean(values[i]), averaged);
      ++counts_[i];
    }
  }
  std::vector<double> means() && {
    for (std::size_t i = 0; i < sums_.size(); ++i)
      sums_[i] = counts_[i] > 0 ? sums_[i] / counts_[i] : unknown;
    return std::move(sums_);
  }

 private:
  std::vector<double> sums_;
  std::vector<int> counts_;
};

void take_logarithm(std::vector<double>& values) {
  for (double& v : values) v = std::log(v);
}

}  // namespace

SegmentTable::SegmentTable(const Cohort& cohort)
    : frames_(cohort.size()),
      segments_(cohort.size() > 0 ? cohort.frames[0]->features.segments.size() : 0),
      values_(new SegmentValues[frames_ * segments_]) {
  for (std::size_t i = 0; i < frames_; ++i) {
    if (!cohort.takes_part(i)) continue;
    const FrameFeatures& features = cohort.frames[i]->features;
    for (std::size_t s = 0; s < segments_; ++s)
      if (const SegmentFeatures& f = features.segments[s]; f.total > 0)
        values_[s * frames_ + i] = {f.com_x, f.com_y, f.total / features.whole.total};
  }
}

double robust_sigma(std::vector<double> distances) {
  for (double& d : distances) d = std::abs(d);
  return 1.4826 * median_of(std::move(distances));
}

std::vector<double> log_common_scattering(const Cohort& cohort, const SegmentTable& table,
                                          const Neighbours& neighbours, std::span<const std::uint8_t> region,
                                          Model& model) {
  SquareSum squares(cohort.size());
  const Sample background = sample_background(cohort, region);
  const std::size_t segments = table.segments();
  std::vector<MeanSegment> means;
  for (std::size_t s = 0; s < segments; ++s) {
    average(neighbours, table.of(s), means);
    model.scatter.push_back(
        background_scatter(background, Means(means), full_neighbourhood, segments).scatter);
    squares.add(model.scatter.back(), Means(means), full_neighbourhood);
  }
  std::vector<double> q = std::move(squares).means();
  take_logarithm(q);
  return q;
}

std::vector<double> log_single_scattering(const Cohort& cohort, const SegmentTable& table,
                                          const Neighbours& neighbours, std::span<const std::uint8_t> region,
                                          Model& model) {
  SquareSum squares(cohort.size());
  const Sample background = sample_background(cohort, region);
  const std::size_t segments = table.segments();
  std::vector<double> excesses;
  for (std::size_t s = 0; segments > 1 && s < segments; ++s) {
    const Singles values = table.of(s);
    const Measured measured = background_scatter(background, values, 1, segments);
    if (measured.share_shot_noise > 0)
      excesses.push_back(std::pow(measured.scatter.sigma_share / measured.share_shot_noise, 2) - 1);
    model.single.push_back(measured.scatter);
    squares.add(measured.scatter, values, 1);
  }
  model.excess = median_of(std::move(excesses));
  if (!(model.excess <= 1)) {
    model.single.clear();
    return std::vector<double>(cohort.size(), unknown);
  }
  std::vector<double> q = mean_filter(neighbours, std::move(squares).means());
  take_logarithm(q);
  return q;
}

}  // namespace ptero::roi
