#include "cohort.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace ptero::roi {
namespace {

constexpr double dark_fraction = 0.2;

bool is_usable(const std::optional<double>& monitor) {
  return monitor && std::isfinite(*monitor) && *monitor > 0;
}

Intensity measure(const Cohort& cohort) {
  std::vector<double> monitors, totals;
  for (std::size_t i = 0; i < cohort.size(); ++i) {
    if (!cohort.takes_part(i)) continue;
    totals.push_back(cohort.frames[i]->features.whole.total);
    if (is_usable(cohort.frames[i]->monitor)) monitors.push_back(*cohort.frames[i]->monitor);
  }
  Intensity intensity;
  if (!monitors.empty()) intensity.monitor_median = median_of(std::move(monitors));
  if (!totals.empty()) intensity.dark_below = dark_fraction * median_of(std::move(totals));
  return intensity;
}

}  // namespace

double median_of(std::vector<double> values) {
  if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 == 1) return *middle;
  return (*std::max_element(values.begin(), middle) + *middle) / 2;
}

double Intensity::gain_of(const FrameRecord& frame) const {
  return monitor_median > 0 && is_usable(frame.monitor) ? *frame.monitor / monitor_median : 1;
}

bool has_place(const ScanLayout& layout, const FrameRecord& frame) {
  if (layout.plan()) return frame.id < layout.plan()->count();
  return frame.position && is_finite(*frame.position);
}

Cohort gather(const FeatureTable& table, const ScanLayout& layout, const RoiOptions& options, Prefix prefix) {
  std::vector<std::pair<FrameId, std::uint32_t>> order;
  order.reserve(prefix.rows);
  for (std::size_t row = 0; row < prefix.rows; ++row)
    if (const FrameId id = table.row(row).id; id < prefix.watermark)
      order.emplace_back(id, static_cast<std::uint32_t>(row));
  std::sort(order.begin(), order.end());

  Cohort cohort;
  cohort.frames.reserve(order.size());
  cohort.rows.reserve(order.size());
  for (const auto& [id, row] : order) {
    const FrameRecord& frame = table.row(row);
    cohort.frames.push_back(&frame);
    cohort.rows.push_back(row);
    cohort.labels.push_back(has_place(layout, frame) ? Label::pending : Label::unpositioned);
  }
  cohort.intensity = measure(cohort);
  for (std::size_t i = 0; i < cohort.size(); ++i) {
    const FrameRecord& frame = *cohort.frames[i];
    if (options.dark == DarkFrames::exclude && cohort.takes_part(i) &&
        frame.features.whole.total < cohort.intensity.dark_below)
      cohort.labels[i] = Label::dark;
    cohort.gain.push_back(cohort.intensity.gain_of(frame));
  }
  return cohort;
}

}  // namespace ptero::roi
