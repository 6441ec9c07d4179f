#include <bit>
#include <cmath>
#include <numbers>
#include <ptero/core/contract.hpp>
#include <ptero/synth/random.hpp>

namespace ptero::synth {

namespace {
// splitmix64 (Steele, Lea, Flood 2014).
std::uint64_t scramble(std::uint64_t& state) {
  std::uint64_t z = state += 0x9E3779B97F4A7C15ULL;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
  return z ^ (z >> 31);
}

// Count by adding up probabilities: one uniform number, mean + 1 steps.
std::uint32_t poisson_by_inversion(Random& random, double mean) {
  double rest = random.uniform();
  if (rest < 1 - mean) return 0;  // exp(-mean) >= 1 - mean: most pixels of a pattern end here
  double probability = std::exp(-mean);
  std::uint32_t count = 0;
  // Beyond 1000 the probabilities have underflowed and rounding alone keeps `rest` above them.
  while (rest >= probability && count < 1000) {
    rest -= probability;
    ++count;
    probability *= mean / count;
  }
  return count;
}

// Transformed rejection with squeeze, PTRS (Hoermann, Insurance: Mathematics and Economics 12, 39 (1993)).
std::uint32_t poisson_by_rejection(Random& random, double mean) {
  const double b = 0.931 + 2.53 * std::sqrt(mean);
  const double a = -0.059 + 0.02483 * b;
  const double inverse_alpha = 1.1239 + 1.1328 / (b - 3.4);
  const double v_r = 0.9277 - 3.6224 / (b - 2);
  while (true) {
    const double u = random.uniform() - 0.5;
    const double v = random.uniform();
    const double us = 0.5 - std::abs(u);
    const double k = std::floor((2 * a / us + b) * u + mean + 0.43);
    if (us >= 0.07 && v <= v_r) return static_cast<std::uint32_t>(k);
    if (k < 0 || (us < 0.013 && v > us)) continue;
    if (std::log(v * inverse_alpha / (a / (us * us) + b)) <= k * std::log(mean) - mean - std::lgamma(k + 1))
      return static_cast<std::uint32_t>(k);
  }
}
}  // namespace

Random::Random(std::uint64_t seed, std::uint64_t stream) {
  std::uint64_t state = seed;
  state = scramble(state) ^ stream;
  for (std::uint64_t& word : state_) word = scramble(state);
}

// xoshiro256++ (Blackman, Vigna 2019).
std::uint64_t Random::bits() {
  const std::uint64_t result = std::rotl(state_[0] + state_[3], 23) + state_[0];
  const std::uint64_t t = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= t;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

double Random::uniform() {
  return static_cast<double>(bits() >> 11) * 0x1p-53;
}

// Box and Muller; the second number is not kept, so that the state stays the generator's alone.
double Random::normal() {
  const double radius = std::sqrt(-2 * std::log(1 - uniform()));
  return radius * std::cos(2 * std::numbers::pi * uniform());
}

std::uint32_t Random::poisson(double mean) {
  PTERO_EXPECT(mean >= 0 && mean < 1e9);
  return mean < 10 ? poisson_by_inversion(*this, mean) : poisson_by_rejection(*this, mean);
}

}  // namespace ptero::synth
