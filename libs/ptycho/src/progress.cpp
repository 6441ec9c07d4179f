#include "progress.hpp"

#include <algorithm>

namespace ptero::ptycho {

namespace {
constexpr std::size_t patience = 10;  // epochs without ...
constexpr double least_fall = 0.01;   // ... this relative fall of the error are enough
}  // namespace

bool Progress::improving() const {
  return errors_.size() < 4 || errors_.back() <= errors_[errors_.size() - 4];
}

bool Progress::settled() const {
  if (epoch_ < changed_at_ + patience + 1 || errors_.size() <= patience) return false;
  const auto recent = errors_.end() - static_cast<std::ptrdiff_t>(patience);
  const double before = *std::min_element(
      errors_.begin() +
          static_cast<std::ptrdiff_t>(errors_.size() - std::min(errors_.size(), epoch_ - changed_at_)),
      recent);
  return *std::min_element(recent, errors_.end()) > (1 - least_fall) * before;
}

double Progress::finish_epoch(const ErrorSums& sums) {
  const double error = sums.amplitude_error();
  errors_.push_back(error);
  r_factor_ = sums.r_factor();
  sums_ = {};
  ++epoch_;
  return error;
}

void Progress::resume(std::size_t epoch, std::vector<double> errors) {
  epoch_ = changed_at_ = epoch;
  errors_ = std::move(errors);
}

}  // namespace ptero::ptycho
