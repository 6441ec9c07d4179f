#include "cohort.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

namespace ptero::roi {
namespace {

constexpr double dark_fraction = 0.2;

bool is_usable(const std::optional<double>& monitor) {
  return monitor && std::isfinite(*monitor) && *monitor > 0;
}

/// Three times what all but two frames and a fiftieth of the rest reach; no limit with fewer than 16.
double beyond_all_but_a_few(std::vector<double> values) {
  constexpr std::size_t fewest = 16, share = 50;
  constexpr double factor = 3;
  if (values.size() < fewest) return Intensity::no_limit;
  const auto rank = static_cast<std::ptrdiff_t>(values.size() - 3 - values.size() / share);
  std::nth_element(values.begin(), values.begin() + rank, values.end());
  const double reached = values[static_cast<std::size_t>(rank)];
  return reached > 0 ? factor * reached : Intensity::no_limit;
}

Intensity measure(const Cohort& cohort) {
  std::vector<double> monitors, totals;
  for (std::size_t i = 0; i < cohort.size(); ++i) {
    if (!cohort.takes_part(i)) continue;
    totals.push_back(cohort.frames[i]->features.whole.total);
    if (is_usable(cohort.frames[i]->monitor)) monitors.push_back(*cohort.frames[i]->monitor);
  }
  Intensity intensity;
  if (totals.empty()) return intensity;
  intensity.bright_counts = intensity.bright_total = beyond_all_but_a_few(totals);
  intensity.dark_below = dark_fraction * median_of(std::move(totals));
  if (monitors.empty()) return intensity;
  const double median = intensity.monitor_median = median_of(monitors);
  intensity.bright_monitor = beyond_all_but_a_few(std::move(monitors)) / median;
  std::vector<double> over_monitor;
  for (std::size_t i = 0; i < cohort.size(); ++i) {
    if (!cohort.takes_part(i)) continue;
    const auto& frame = *cohort.frames[i];
    const double gain = is_usable(frame.monitor) ? *frame.monitor / median : 1;
    over_monitor.push_back(frame.features.whole.total / gain);
  }
  intensity.bright_total = beyond_all_but_a_few(std::move(over_monitor));
  return intensity;
}

/// Part of a range, and where a rank in the range lies in that part.
struct Inside {
  std::size_t count = 0;
  std::size_t rank = 0;
};

/// Brings to the front the values between two quantiles of a sample that likely enclose the ranks `rank` and
/// rank - 1, so that the selection, slow because no processor foresees its branches, is left with a quarter
/// of the values. One pass without branches. Count 0: the bracket missed or encloses too much; the values are
/// in another order then, no more.
Inside bracket(std::vector<double>& values, std::size_t rank) {
  // The rank of a sample's value scatters by sqrt(size) / 2 = 5.7: a bracket of 2.8 sigma to each side.
  constexpr std::size_t size = 128, reach = 16;
  std::array<double, size> sample;
  const std::size_t stride = values.size() / size;
  for (std::size_t k = 0; k < size; ++k) sample[k] = values[k * stride];
  std::sort(sample.begin(), sample.end());
  const std::size_t middle = rank * size / values.size();
  const double low = sample[middle - std::min(middle, reach)];
  const double high = sample[std::min(middle + reach, size - 1)];

  Inside inside;
  std::size_t below = 0;
  for (double& value : values) {
    const double v = value;
    value = values[inside.count];
    values[inside.count] = v;
    below += static_cast<std::size_t>(v < low);
    inside.count += static_cast<std::size_t>(v >= low) & static_cast<std::size_t>(v <= high);
  }
  if (rank <= below || rank - below >= inside.count || inside.count > values.size() / 2) return {};
  inside.rank = rank - below;
  return inside;
}

}  // namespace

double median_of(std::vector<double> values) {
  if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
  constexpr std::size_t few = 512;
  const bool odd = values.size() % 2 == 1;
  std::size_t rank = values.size() / 2;
  while (values.size() > few) {
    const Inside inside = bracket(values, rank);
    if (inside.count == 0) break;
    values.resize(inside.count);
    rank = inside.rank;
  }
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(rank);
  std::nth_element(values.begin(), middle, values.end());
  if (odd) return *middle;
  return (*std::max_element(values.begin(), middle) + *middle) / 2;
}

double Intensity::reading_of(const FrameRecord& frame) const {
  return monitor_median > 0 && is_usable(frame.monitor) ? *frame.monitor / monitor_median : 1;
}

double Intensity::gain_of(const FrameRecord& frame) const {
  const double gain = reading_of(frame), counts = frame.features.whole.total;
  const bool contradicts = counts <= bright_counts && (counts > bright_total * gain || gain > bright_monitor);
  return contradicts ? std::numeric_limits<double>::quiet_NaN() : gain;
}

bool Intensity::is_outlying(const FrameRecord& frame) const {
  const double counts = frame.features.whole.total;
  return counts > bright_counts && counts > bright_total * reading_of(frame);
}

bool has_place(const ScanLayout& layout, const FrameRecord& frame) {
  if (layout.plan()) return frame.id < layout.plan()->count();
  return frame.position && is_finite(*frame.position);
}

Cohort gather(const FeatureTable& table, const ScanLayout& layout, const RoiOptions& options, Prefix prefix,
              const BadFrames& bad) {
  std::vector<std::pair<FrameId, std::uint32_t>> order;
  order.reserve(prefix.rows);
  for (std::size_t row = 0; row < prefix.rows; ++row)
    if (const FrameId id = table.row(row).id; id < prefix.watermark)
      order.emplace_back(id, static_cast<std::uint32_t>(row));
  // Most series arrive in the order of their ids.
  if (!std::is_sorted(order.begin(), order.end())) std::sort(order.begin(), order.end());

  Cohort cohort;
  cohort.frames.reserve(order.size());
  cohort.rows.reserve(order.size());
  cohort.labels.reserve(order.size());
  cohort.gain.reserve(order.size());
  for (const auto& [id, row] : order) {
    const FrameRecord& frame = table.row(row);
    cohort.frames.push_back(&frame);
    cohort.rows.push_back(row);
    cohort.labels.push_back(!has_place(layout, frame) ? Label::unpositioned
                            : bad.contains(id)        ? Label::bad
                                                      : Label::pending);
  }
  cohort.intensity = measure(cohort);
  for (std::size_t i = 0; i < cohort.size(); ++i) {
    const FrameRecord& frame = *cohort.frames[i];
    if (cohort.takes_part(i)) {
      if (cohort.intensity.is_outlying(frame))
        cohort.labels[i] = Label::outlying;
      else if (options.dark == DarkFrames::exclude && cohort.intensity.is_dark(frame))
        cohort.labels[i] = Label::dark;
    }
    cohort.gain.push_back(cohort.intensity.gain_of(frame));
  }
  return cohort;
}

}  // namespace ptero::roi
