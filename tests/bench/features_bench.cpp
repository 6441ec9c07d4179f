// Question: how near to the read bandwidth of one core does feature extraction run, out of cache?
// Answer: prints, in one run, the bandwidth and for each instruction set and number of segments GB/s,
// frames/s and the ratio. Floors: 60 % of the bandwidth at S = 1, 35 % at S = 8 with the best instruction
// set.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <iomanip>
#include <iostream>
#include <ptero/roi/features.hpp>
#include <random>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
constexpr ptero::Shape shape{256, 256};
constexpr std::size_t frame_bytes = 256 * 256 * 2;
constexpr std::size_t frames = 8192;  // 1 GiB: beyond every cache
constexpr int rounds = 5;

volatile std::uint64_t sink;

/// Best of several rounds, in GB/s over the whole buffer.
template <class F>
double best_rate(F&& pass) {
  double best = 0;
  for (int round = 0; round < rounds; ++round) {
    const auto start = Clock::now();
    pass();
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    best = std::max(best, static_cast<double>(frames * frame_bytes) / seconds / 1e9);
  }
  return best;
}

#if defined(__x86_64__)
__attribute__((target_clones("avx512f", "avx2", "default")))
#endif
std::uint64_t
sum_words(const std::uint64_t* words, std::size_t count) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < count; ++i) sum += words[i];
  return sum;
}

int bench_features(std::ostream& out) {
  using namespace ptero::roi;
  std::vector<std::uint16_t> buffer(frames * shape.count());
  std::minstd_rand rng(1);
  for (std::size_t i = 0; i < shape.count(); ++i) buffer[i] = static_cast<std::uint16_t>(rng() % 4096);
  for (std::size_t f = 1; f < frames; ++f)
    std::memcpy(buffer.data() + f * shape.count(), buffer.data(), frame_bytes);
  const auto bytes = std::as_bytes(std::span(buffer));

  const double bandwidth = best_rate(
      [&] { sink = sum_words(reinterpret_cast<const std::uint64_t*>(buffer.data()), buffer.size() / 4); });
  out << std::fixed << std::setprecision(2) << "read bandwidth of one core        " << bandwidth << " GB/s\n";

  bool reached = true;
  for (const auto& [simd, name] : {std::pair(Simd::baseline, "baseline"), std::pair(Simd::avx2, "avx2"),
                                   std::pair(Simd::avx512, "avx512")}) {
    if (simd > best_simd()) continue;
    for (const auto& [segments, floor] : {std::pair(1, 0.60), std::pair(8, 0.35)}) {
      const FeatureExtractor extractor(shape, ptero::Dtype::u16, {126.0, 128.2}, segments, {}, simd);
      const double rate = best_rate([&] {
        for (std::size_t f = 0; f < frames; ++f)
          sink = static_cast<std::uint64_t>(
              extractor.extract(bytes.subspan(f * frame_bytes, frame_bytes)).whole.total);
      });
      const double ratio = rate / bandwidth;
      if (simd == best_simd()) reached = reached && ratio >= floor;
      out << "T + CoM 256x256 u16 S=" << segments << ' ' << std::setw(8) << name << "   " << rate << " GB/s  "
          << std::setprecision(0) << rate * 1e9 / static_cast<double>(frame_bytes) << " frames/s  "
          << ratio * 100 << " % (floor " << floor * 100 << " %)\n"
          << std::setprecision(2);
    }
  }
  out << (reached ? "floors reached\n" : "below the floor\n");
  return reached ? 0 : 1;
}

}  // namespace

int main() {
  return bench_features(std::cout);
}
