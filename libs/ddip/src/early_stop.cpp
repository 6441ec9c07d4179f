#include <ptero/ddip/early_stop.hpp>

#include <algorithm>
#include <ptero/core/contract.hpp>

namespace ptero::ddip {

bool MovingVariance::add(std::size_t epoch, std::vector<float> outputs) {
  PTERO_EXPECT(sum_.empty() || sum_.size() == outputs.size());
  sum_.resize(outputs.size());
  squares_.resize(outputs.size());
  const auto count = [this](const std::vector<float>& values, double sign) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      const double v = values[i];
      sum_[i] += sign * v;
      squares_[i] += sign * v * v;
    }
  };
  count(outputs, 1);
  window_.push_back(std::move(outputs));
  if (window_.size() > options_.window) {
    count(window_.front(), -1);
    window_.pop_front();
  }
  if (window_.size() < options_.window) return false;
  const auto n = static_cast<double>(window_.size());
  double total = 0;
  for (std::size_t i = 0; i < sum_.size(); ++i) total += squares_[i] / n - (sum_[i] / n) * (sum_[i] / n);
  variance_ = total / static_cast<double>(sum_.size());
  if (epoch < options_.first || !(variance_ < best_)) return false;
  best_ = variance_;
  best_epoch_ = epoch;
  return true;
}

bool MovingVariance::should_stop(std::size_t epoch) const {
  return options_.patience > 0 && best_epoch_ > 0 && epoch >= best_epoch_ + options_.patience;
}

bool GradientWatch::add(std::size_t epoch, double correlation) {
  if (options_.rise <= 0 || epoch < options_.first) return false;
  smallest_ = std::min(smallest_, correlation);
  return correlation > smallest_ + options_.rise;
}

}  // namespace ptero::ddip
