#include "scattering.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace ptero::roi {
namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

/// One segment of every frame of a cohort; `averaged` 0 where it has no counts. The caller keeps the memory.
void read_segment(const Cohort& cohort, std::size_t segment, std::vector<MeanSegment>& values) {
  values.assign(cohort.size(), {});
  for (std::size_t i = 0; i < cohort.size(); ++i) {
    const FrameFeatures& features = cohort.frames[i]->features;
    const SegmentFeatures& f = features.segments[segment];
    if (!cohort.takes_part(i) || !(f.total > 0)) continue;
    values[i] = {f.com_x, f.com_y, f.total / features.whole.total, 1};
  }
}

void average(const Neighbours& neighbours, const std::vector<MeanSegment>& values,
             std::vector<MeanSegment>& means) {
  means.assign(values.size(), {});
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i].averaged == 0) continue;
    MeanSegment& mean = means[i];
    for (std::uint32_t j : neighbours.of(i)) {
      if (values[j].averaged == 0) continue;
      mean.com_x += values[j].com_x;
      mean.com_y += values[j].com_y;
      mean.share += values[j].share;
      ++mean.averaged;
    }
    mean.com_x /= mean.averaged;
    mean.com_y /= mean.averaged;
    mean.share /= mean.averaged;
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

/// Median, and scatter about it but no less than the shot noise.
void centre_and_scatter(std::vector<double> values, double shot_noise, double& centre, double& sigma) {
  centre = median_of(values);
  for (double& v : values) v -= centre;
  sigma = std::max(shot_noise, robust_sigma(std::move(values)));
}

struct Measured {
  Scatter scatter;
  double share_shot_noise = 0;
};

/// Centre and scatter over the background, of means over `averaged` frames. By shot noise alone a centre of
/// mass scatters by the pattern's width over sqrt(T), so by 1 / sqrt(T) at least, and a share p of the counts
/// by sqrt(p (1 - p) / T).
Measured background_scatter(const Sample& background, const std::vector<MeanSegment>& values, double averaged,
                            std::size_t segments) {
  std::vector<double> x, y, share;
  for (std::uint32_t i : background.frames) {
    if (values[i].averaged == 0) continue;
    x.push_back(values[i].com_x);
    y.push_back(values[i].com_y);
    share.push_back(values[i].share);
  }
  if (x.empty()) return {};
  Measured measured;
  Scatter& scatter = measured.scatter;
  const double p = std::clamp(median_of(share), 0.0, 1.0), counts = averaged * background.total;
  const double floor = 1 / std::sqrt(p * counts);
  measured.share_shot_noise = std::sqrt(p * (1 - p) / counts);
  centre_and_scatter(std::move(x), floor, scatter.mean_x, scatter.sigma_x);
  centre_and_scatter(std::move(y), floor, scatter.mean_y, scatter.sigma_y);
  centre_and_scatter(std::move(share), measured.share_shot_noise, scatter.mean_share, scatter.sigma_share);
  // The whole pattern is all of itself, but for rounding.
  if (segments == 1) scatter.sigma_share = 0;
  return measured;
}

std::size_t segments_in(const Cohort& cohort) {
  return cohort.size() > 0 ? cohort.frames[0]->features.segments.size() : 0;
}

/// The mean over the segments of the squared z-scores.
class SquareSum {
 public:
  explicit SquareSum(std::size_t frames) : sums_(frames, 0), counts_(frames, 0) {}
  void add(const Scatter& scatter, const std::vector<MeanSegment>& values, double averaged) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (values[i].averaged == 0) continue;
      sums_[i] += mean_square_z(scatter, values[i], averaged);
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

double robust_sigma(std::vector<double> distances) {
  for (double& d : distances) d = std::abs(d);
  return 1.4826 * median_of(std::move(distances));
}

std::vector<double> log_common_scattering(const Cohort& cohort, const Neighbours& neighbours,
                                          std::span<const std::uint8_t> region, Model& model) {
  SquareSum squares(cohort.size());
  const Sample background = sample_background(cohort, region);
  const std::size_t segments = segments_in(cohort);
  std::vector<MeanSegment> values, means;
  for (std::size_t s = 0; s < segments; ++s) {
    read_segment(cohort, s, values);
    average(neighbours, values, means);
    model.scatter.push_back(background_scatter(background, means, full_neighbourhood, segments).scatter);
    squares.add(model.scatter.back(), means, full_neighbourhood);
  }
  std::vector<double> q = std::move(squares).means();
  take_logarithm(q);
  return q;
}

std::vector<double> log_single_scattering(const Cohort& cohort, const Neighbours& neighbours,
                                          std::span<const std::uint8_t> region, Model& model) {
  SquareSum squares(cohort.size());
  const Sample background = sample_background(cohort, region);
  const std::size_t segments = segments_in(cohort);
  std::vector<double> excesses;
  std::vector<MeanSegment> values;
  for (std::size_t s = 0; segments > 1 && s < segments; ++s) {
    read_segment(cohort, s, values);
    const Measured measured = background_scatter(background, values, 1, segments);
    if (measured.share_shot_noise > 0)
      excesses.push_back(std::pow(measured.scatter.sigma_share / measured.share_shot_noise, 2) - 1);
    model.single.push_back(measured.scatter);
    squares.add(measured.scatter, values, 1);
  }
  if (excesses.empty() || median_of(std::move(excesses)) > 1) {
    model.single.clear();
    return std::vector<double>(cohort.size(), unknown);
  }
  std::vector<double> q = mean_filter(neighbours, std::move(squares).means());
  take_logarithm(q);
  return q;
}

}  // namespace ptero::roi
