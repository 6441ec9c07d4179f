#include "colour_axis.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "number_text.hpp"

namespace ptero::image {

namespace {
double percentile(std::vector<float>& values, double percent) {
  const auto place = static_cast<std::ptrdiff_t>(
      std::lround(std::clamp(percent, 0.0, 100.0) / 100 * static_cast<double>(values.size() - 1)));
  std::nth_element(values.begin(), values.begin() + place, values.end());
  return values[static_cast<std::size_t>(place)];
}

// The largest of 1, 2, 5 times a power of ten up to `step`.
double round_step(double step) {
  const double decade = std::pow(10, std::floor(std::log10(step)));
  return decade * (step >= 5 * decade ? 5 : step >= 2 * decade ? 2 : 1);
}
}  // namespace

ColourAxis::ColourAxis(const Image<float>& values, const MapOptions& options) : scaling_(options.scaling) {
  Range range{scaling_ == Scaling::linear ? 0.0 : 0.1, 1};
  if (options.range) {
    range = *options.range;
  } else {
    std::vector<float> usable;
    for (const float v : values.pixels())
      if (std::isfinite(v) && (scaling_ == Scaling::linear || v > 0)) usable.push_back(v);
    if (!usable.empty())
      range = {percentile(usable, options.low_percentile), percentile(usable, options.high_percentile)};
  }
  low_ = scaled(range.low);
  high_ = scaled(range.high);
  // A constant map still needs an axis with two ends.
  if (!(high_ > low_)) {
    const double margin = std::max(std::abs(low_) * 0.01, 1e-12);
    low_ -= margin;
    high_ = low_ + 2 * margin;
  }
}

double ColourAxis::scaled(double value) const {
  if (scaling_ == Scaling::linear) return value;
  return std::log10(std::max(value, std::numeric_limits<double>::min()));
}

double ColourAxis::place(double value) const {
  if (!std::isfinite(value)) return std::numeric_limits<double>::quiet_NaN();
  return std::clamp((scaled(value) - low_) / (high_ - low_), 0.0, 1.0);
}

std::string ColourAxis::label(double scaled_value) const {
  if (scaling_ == Scaling::logarithmic) return number_text(std::pow(10, scaled_value));
  const double largest = std::max(std::abs(low_), std::abs(high_));
  const double crowding = largest / (high_ - low_);
  return number_text_beside(largest, scaled_value,
                            3 + std::max(0, static_cast<int>(std::floor(std::log10(crowding)))));
}

std::vector<ColourAxis::Tick> ColourAxis::ticks() const {
  std::vector<Tick> ticks{{0, label(low_)}, {1, label(high_)}};
  const double step = std::max(round_step((high_ - low_) / 3), scaling_ == Scaling::linear ? 0.0 : 1.0);
  for (double k = std::ceil(low_ / step); k * step <= high_; ++k)
    ticks.push_back({(k * step - low_) / (high_ - low_), label(k * step)});
  return ticks;
}

}  // namespace ptero::image
