#pragma once

#include <cstdint>

namespace ptero::runtime {

/// What a service leaves out while it cannot keep up, in this order; each level includes those before it.
/// Raw frames, the ledger and what a label depends on are never among it.
enum class Degradation : std::uint8_t {
  none,
  previews,    ///< what people look at comes more seldom
  snapshots,   ///< pictures of the reconstruction come more seldom
  iterations,  ///< taking frames in goes before iterating
};

struct LadderOptions {
  double up_at = 0.5;        ///< a load of so much ...
  double up_after_s = 0.25;  ///< ... for so long: one level up
  double down_at = 0.1;      ///< a load of at most so much ...
  double down_after_s = 2;   ///< ... for so long: one level down. In between nothing changes
};

/// The level of degradation as it follows a load, one step at a time. A pure state machine: time comes in.
class DegradationLadder {
 public:
  explicit DegradationLadder(LadderOptions options = {}) : options_(options) {}

  /// load: how far behind, 1 is as far as it may be. now_ns: on a clock that never goes back. Returns the
  /// level from now on. A load of 1 and more does not wait.
  Degradation update(double load, std::int64_t now_ns);
  Degradation level() const { return level_; }

 private:
  enum class Side : std::uint8_t { low, between, high };

  LadderOptions options_;
  Degradation level_ = Degradation::none;
  Side side_ = Side::between;
  std::int64_t since_ns_ = 0;  // on this side, or since the last step
};

}  // namespace ptero::runtime
