#pragma once

#include <array>
#include <cstdint>

namespace ptero::synth {

/// A small fast generator (xoshiro256++ seeded through splitmix64) with its own distributions: the standard
/// ones differ between libraries, and simulated frames must not. One stream belongs to one thread.
class Random {
 public:
  /// Streams of different (seed, stream) pairs are independent.
  Random(std::uint64_t seed, std::uint64_t stream);

  std::uint64_t bits();
  double uniform();  ///< in [0, 1)
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  double normal();  ///< mean 0, standard deviation 1
  /// A Poisson count. mean >= 0 and below 1e9; exact at every mean.
  std::uint32_t poisson(double mean);

 private:
  std::array<std::uint64_t, 4> state_;
};

}  // namespace ptero::synth
