#include "recovery.hpp"

#include <algorithm>

namespace ptero::ptycho {

namespace {
constexpr double exploded = 4;   // an amplitude error above 2 is worse than no light at all
constexpr double relapse = 3;    // times the best error, beyond which it has diverged ...
constexpr double ripple = 1e-3;  // ... if it is worse by this too
constexpr unsigned most = 4;
constexpr std::size_t keep_every = 5;  // epochs between copies of a good state
constexpr double safe_damping = 0.5;
}  // namespace

bool Recovery::is_sound(double error) {
  if (!(error < exploded) || error > relapse * best_error_ + ripple) return false;
  best_error_ = std::min(best_error_, error);
  return true;
}

bool Recovery::wants_state(std::size_t epoch) const {
  return epoch % keep_every == 0;
}

void Recovery::keep(Checkpoint state) {
  if (candidate_) good_ = std::move(candidate_);
  candidate_ = std::move(state);
}

bool Recovery::begin() {
  if (count_ == most) return false;
  ++count_;
  damping_ = std::min(safe_damping, damping_ / 2);
  candidate_.reset();
  return true;
}

void Recovery::resume(unsigned count, double damping) {
  count_ = count;
  if (damping > 0) damping_ = damping;
}

}  // namespace ptero::ptycho
