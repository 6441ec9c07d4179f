#pragma once

#include <cstddef>
#include <deque>
#include <ptero/ptycho/forward_model.hpp>
#include <ptero/ptycho/reconstruction.hpp>

namespace ptero::ptycho {

/// Acceleration of one array, epoch by epoch: while the last updates point the same way, a velocity gathers
/// them with a friction found from how fast their likeness fades; else it dies away.
class Momentum {
 public:
  Momentum() = default;
  Momentum(double gain, std::size_t memory) : gain_(gain), memory_(memory) {}

  bool active() const { return gain_ > 0; }
  /// Takes the array at the end of an epoch and adds gain x velocity to it, weighted by `weight` (empty = 1).
  /// `improving`: the error has not grown lately. A shape other than last time starts anew.
  void advance(Image<Complex>& array, const Image<float>& weight, bool improving);
  void forget();
  MomentumState state() const { return {last_, velocity_, {updates_.begin(), updates_.end()}}; }
  void resume(const MomentumState& state);

 private:
  double gain_ = 0;
  std::size_t memory_ = 2;
  Image<Complex> last_;  ///< the array as it was left
  Image<Complex> velocity_;
  std::deque<Image<Complex>> updates_;  ///< normalised, newest first
};

}  // namespace ptero::ptycho
