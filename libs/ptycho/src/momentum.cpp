#include "momentum.hpp"

#include <algorithm>
#include <cmath>

#include "probe_modes.hpp"

namespace ptero::ptycho {

namespace {
// Slope p of log c_k = p k through the origin; NaN where a correlation is not positive.
double fading(const Image<Complex>& now, const std::deque<Image<Complex>>& before) {
  double xy = 0, xx = 0;
  for (std::size_t k = 1; k <= before.size(); ++k) {
    const double c = inner_product(now, before[k - 1]).real(), x = static_cast<double>(k);
    if (!(c > 0)) return std::nan("");
    xy += x * std::log(std::min(c, 1.0));
    xx += x * x;
  }
  return xy / xx;
}
}  // namespace

void Momentum::forget() {
  last_ = velocity_ = {};
  updates_.clear();
}

void Momentum::resume(const MomentumState& state) {
  last_ = state.last;
  velocity_ = state.velocity;
  updates_.assign(state.updates.begin(), state.updates.end());
}

void Momentum::advance(Image<Complex>& array, const Image<float>& weight, bool improving) {
  if (last_.shape() != array.shape()) {
    forget();
    last_ = array;
    velocity_ = Image<Complex>(array.shape());
    return;
  }
  Image<Complex> update = array;
  for (std::size_t i = 0; i < array.size(); ++i) update.data()[i] -= last_.data()[i];
  const double length = std::sqrt(inner_product(update, update).real());
  Image<Complex> direction = update;
  for (Complex& d : direction.pixels()) d /= static_cast<float>(std::max(length, 1e-30));

  const double p = updates_.size() == memory_ ? fading(direction, updates_) : std::nan("");
  const bool agree = improving && std::isfinite(p);
  // Half the fading is the friction.
  const auto keep = static_cast<float>(agree ? std::max(0.0, 1 - 0.5 * std::max(0.0, -p)) : 0.5);
  for (std::size_t i = 0; i < array.size(); ++i) {
    Complex& v = velocity_.data()[i];
    v *= keep;
    if (!agree) continue;
    v += update.data()[i];
    array.data()[i] += static_cast<float>(gain_) * (weight.empty() ? 1.0F : weight.data()[i]) * v;
  }
  updates_.push_front(std::move(direction));
  if (updates_.size() > memory_) updates_.pop_back();
  last_ = array;
}

}  // namespace ptero::ptycho
