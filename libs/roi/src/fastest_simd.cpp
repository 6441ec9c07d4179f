#include <algorithm>
#include <array>
#include <chrono>
#include <mutex>
#include <ptero/roi/features.hpp>
#include <vector>

namespace ptero::roi {
namespace {

// A pattern of the usual size in the usual number of segments, its pixels in the second-level cache: what
// differs between the variants is how they compute, not how they wait for memory.
constexpr Shape shape{128, 128};
constexpr int segments = 8;
constexpr int rounds = 15, patterns_a_round = 4;

Simd measure(Dtype dtype) {
  const std::vector<std::byte> pixels(shape.count() * size_of(dtype));
  std::vector<FeatureExtractor> variants;
  for (const Simd simd : {Simd::baseline, Simd::avx2, Simd::avx512})
    if (simd <= widest_simd())
      variants.emplace_back(shape, dtype, PatternCentre{63.5, 63.5}, segments,
                            std::span<const std::uint8_t>{}, simd);
  using Clock = std::chrono::steady_clock;
  std::array<Clock::duration, 3> best;
  best.fill(Clock::duration::max());
  // In turns, and the least counts: whatever else the machine does hits one as much as another.
  for (int round = 0; round < rounds; ++round)
    for (std::size_t k = 0; k < variants.size(); ++k) {
      const auto start = Clock::now();
      for (int i = 0; i < patterns_a_round; ++i) variants[k].extract(pixels);
      best[k] = std::min(best[k], Clock::now() - start);
    }
  return static_cast<Simd>(std::min_element(best.begin(), best.end()) - best.begin());
}

}  // namespace

Simd fastest_simd(Dtype dtype) {
  struct Choice {
    std::once_flag once;
    Simd simd = Simd::baseline;
  };
  static std::array<Choice, 4> choices;
  Choice& choice = choices[static_cast<std::size_t>(dtype)];
  std::call_once(choice.once, [&] { choice.simd = measure(dtype); });
  return choice.simd;
}

}  // namespace ptero::roi
