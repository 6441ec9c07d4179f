#include <ptero/runtime/degradation.hpp>

namespace ptero::runtime {

Degradation DegradationLadder::update(double load, std::int64_t now_ns) {
  const Side side = load >= options_.up_at     ? Side::high
                    : load <= options_.down_at ? Side::low
                                               : Side::between;
  if (side != side_) {
    side_ = side;
    since_ns_ = now_ns;
  }
  const double held_s = static_cast<double>(now_ns - since_ns_) * 1e-9;
  const auto step_to = [&](int level) {
    level_ = static_cast<Degradation>(level);
    since_ns_ = now_ns;
  };
  if (side == Side::high && (load >= 1 || held_s >= options_.up_after_s) && level_ != Degradation::iterations)
    step_to(static_cast<int>(level_) + 1);
  if (side == Side::low && held_s >= options_.down_after_s && level_ != Degradation::none)
    step_to(static_cast<int>(level_) - 1);
  return level_;
}

}  // namespace ptero::runtime
