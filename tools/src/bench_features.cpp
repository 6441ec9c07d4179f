// Question: how near to the read bandwidth of one core does feature extraction run, out of cache?
// Answer: prints, in one run, the bandwidth and for each instruction set and number of segments GB/s,
// frames/s and the ratio, and numpy's figure for the same work. Floors, with the best instruction set: 60 %
// of the bandwidth at S = 1, 35 % at S = 8, and 20 times numpy.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <iomanip>
#include <iostream>
#include <ptero/roi/features.hpp>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "bench.hpp"
#include "python_peer.hpp"

namespace ptero::tools {

namespace {

using Clock = std::chrono::steady_clock;
constexpr Shape shape{256, 256};
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

// The resolver of target_clones runs before a sanitizer is up.
#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)
__attribute__((target_clones("avx512f", "avx2", "default")))
#endif
std::uint64_t
sum_words(const std::uint64_t* words, std::size_t count) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < count; ++i) sum += words[i];
  return sum;
}

// T and CoM of every segment by numpy, frames/s: the faster of the two ways to write it, sums along the axes
// (one segment) and one product with the matrix of weights.
constexpr const char* numpy_script = R"(
import sys, time
import numpy as np
segments, n = int(sys.argv[1]), 256
frames = np.random.default_rng(1).integers(0, 4096, (n, 256, 256), dtype=np.uint16)
y, x = np.mgrid[:256, :256]
angle = np.arctan2(y - 126.0, x - 128.2) % (2 * np.pi)
segment = np.minimum(np.floor(angle * segments / (2 * np.pi)).astype(int), segments - 1)
inside = (segment[..., None] == np.arange(segments)).astype(np.float64)
weights = np.concatenate([inside, inside * x[..., None], inside * y[..., None]], axis=2).reshape(65536, -1)

def by_product():
    sums = frames.reshape(n, -1).astype(np.float64) @ weights
    total = sums[:, :segments]
    return total, sums[:, segments : 2 * segments] / total, sums[:, 2 * segments :] / total

def by_sums():
    rows = frames.sum(axis=2, dtype=np.uint64)
    columns = frames.sum(axis=1, dtype=np.uint64)
    total = rows.sum(axis=1)
    return total, columns @ np.arange(256) / total, rows @ np.arange(256) / total

best = 0.0
for way in [by_product, by_sums][: 2 if segments == 1 else 1]:
    for _ in range(3):
        start = time.perf_counter()
        way()
        best = max(best, n / (time.perf_counter() - start))
print(best)
)";

/// Frames/s of one core; 0 without Python or numpy.
double numpy_rate(int segments) {
  const auto numbers = ask_python(numpy_script, {std::to_string(segments)});
  return numbers.empty() ? 0 : numbers[0];
}

struct Floor {
  int segments;
  double share;  ///< of the bandwidth
};
constexpr Floor floors[] = {{1, 0.60}, {8, 0.35}};
constexpr double numpy_floor = 20;

std::vector<std::uint16_t> make_frames() {
  std::vector<std::uint16_t> buffer(frames * shape.count());
  std::minstd_rand rng(1);
  for (std::size_t i = 0; i < shape.count(); ++i) buffer[i] = static_cast<std::uint16_t>(rng() % 4096);
  for (std::size_t f = 1; f < frames; ++f)
    std::memcpy(buffer.data() + f * shape.count(), buffer.data(), frame_bytes);
  return buffer;
}

/// GB/s.
double extraction_rate(std::span<const std::byte> bytes, int segments, roi::Simd simd) {
  const roi::FeatureExtractor extractor(shape, Dtype::u16, {126.0, 128.2}, segments, {}, simd);
  return best_rate([&] {
    for (std::size_t f = 0; f < frames; ++f)
      sink = static_cast<std::uint64_t>(
          extractor.extract(bytes.subspan(f * frame_bytes, frame_bytes)).whole.total);
  });
}

}  // namespace

int bench_features(std::ostream& out) {
  using roi::Simd;
  const std::vector<std::uint16_t> buffer = make_frames();
  const auto bytes = std::as_bytes(std::span(buffer));
  const double bandwidth = best_rate(
      [&] { sink = sum_words(reinterpret_cast<const std::uint64_t*>(buffer.data()), buffer.size() / 4); });
  out << std::fixed << std::setprecision(2) << "read bandwidth of one core        " << bandwidth << " GB/s\n";

  bool reached = true;
  double best[std::size(floors)] = {};
  for (const auto& [simd, name] : {std::pair(Simd::baseline, "baseline"), std::pair(Simd::avx2, "avx2"),
                                   std::pair(Simd::avx512, "avx512")}) {
    if (simd > roi::best_simd()) continue;
    for (std::size_t k = 0; k < std::size(floors); ++k) {
      const double rate = extraction_rate(bytes, floors[k].segments, simd), ratio = rate / bandwidth;
      best[k] = rate * 1e9 / static_cast<double>(frame_bytes);
      if (simd == roi::best_simd()) reached = reached && ratio >= floors[k].share;
      out << "T + CoM 256x256 u16 S=" << floors[k].segments << ' ' << std::setw(8) << name << "   " << rate
          << " GB/s  " << std::setprecision(0) << best[k] << " frames/s  " << ratio * 100 << " % (floor "
          << floors[k].share * 100 << " %)\n"
          << std::setprecision(2);
    }
  }
  for (std::size_t k = 0; k < std::size(floors); ++k) {
    const double rate = numpy_rate(floors[k].segments);
    out << "T + CoM 256x256 u16 S=" << floors[k].segments << "    numpy   ";
    if (rate == 0) {
      out << "not measured: no python3 with numpy\n";
      continue;
    }
    reached = reached && best[k] >= numpy_floor * rate;
    out << std::setprecision(0) << rate << " frames/s; ours is " << std::setprecision(1) << best[k] / rate
        << " times that (floor " << numpy_floor << ")\n";
  }
  out << (reached ? "floors reached\n" : "below a floor\n");
  return reached ? 0 : 1;
}

}  // namespace ptero::tools
