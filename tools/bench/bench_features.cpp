// Question: how near to the read bandwidth of one core does feature extraction run, out of cache?
// Answer: prints, in one run, the bandwidth and for each instruction set and number of segments GB/s,
// frames/s and the ratio, and numpy's figure for the same work. Floors, with the chosen instruction set: 60 %
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

#include "bench/bench.hpp"
#include "bench/python_peer.hpp"

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

// T and CoM of every segment over the unmasked pixels by numpy, one core, frames/s: first as one writes it
// (a mask a segment, sums of float64), then the faster of the two ways that whoever counts cycles would take:
// one product with a matrix of weights, and for one segment sums along the axes of frames whose masked pixels
// were set to zero. All give the same numbers.
constexpr const char* numpy_script = R"(
import sys, time
import numpy as np
segments, n = int(sys.argv[1]), 256
frames = np.random.default_rng(1).integers(0, 4096, (n, 256, 256), dtype=np.uint16)
y, x = np.mgrid[:256, :256].astype(np.float64)
good = np.ones((256, 256), bool)
good[:, 124:128] = False  # the gap between two modules
good[::16, ::16] = False  # and pixels of no use
angle = np.arctan2(y - 126.0, x - 128.2) % (2 * np.pi)
segment = np.minimum(np.floor(angle * segments / (2 * np.pi)).astype(int), segments - 1)
inside = ((segment[..., None] == np.arange(segments)) & good[..., None]).astype(np.float64)
weights = np.concatenate([inside, inside * x[..., None], inside * y[..., None]], axis=2).reshape(65536, -1)

def as_written():
    out = []
    for s in range(segments):
        mine = good & (segment == s)
        counts = frames[:, mine].astype(np.float64)
        total = counts.sum(axis=1)
        out.append([total, (counts * x[mine]).sum(axis=1) / total, (counts * y[mine]).sum(axis=1) / total])
    return np.transpose(out, (1, 2, 0))

def by_product():
    sums = frames.reshape(n, -1).astype(np.float64) @ weights
    total = sums[:, :segments]
    return np.array([total, sums[:, segments : 2 * segments] / total, sums[:, 2 * segments :] / total])

def by_sums():
    clean = frames * good
    rows = clean.sum(axis=2, dtype=np.uint64)
    columns = clean.sum(axis=1, dtype=np.uint64)
    total = rows.sum(axis=1)
    return np.array([total, columns @ np.arange(256) / total, rows @ np.arange(256) / total])[..., None]

def rate(way):
    best = 0.0
    for _ in range(3):
        start = time.perf_counter()
        result = way()
        best = max(best, n / (time.perf_counter() - start))
    assert np.allclose(result, reference)
    return best

reference = as_written()
print(rate(as_written), max(rate(way) for way in [by_product, by_sums][: 2 if segments == 1 else 1]))
)";

/// The same pixels as in numpy_script, 0 = good.
std::vector<std::uint8_t> make_mask() {
  std::vector<std::uint8_t> mask(shape.count(), 0);
  for (std::size_t i = 0; i < mask.size(); ++i) {
    const std::size_t row = i / shape.cols, col = i % shape.cols;
    mask[i] = (col >= 124 && col < 128) || (row % 16 == 0 && col % 16 == 0) ? 1 : 0;
  }
  return mask;
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
double extraction_rate(std::span<const std::byte> bytes, int segments, roi::Simd simd,
                       std::span<const std::uint8_t> mask = {}) {
  const roi::FeatureExtractor extractor(shape, Dtype::u16, {126.0, 128.2}, segments, mask, simd);
  return best_rate([&] {
    for (std::size_t f = 0; f < frames; ++f)
      sink = static_cast<std::uint64_t>(
          extractor.extract(bytes.subspan(f * frame_bytes, frame_bytes)).whole.total);
  });
}

double frames_a_second(double gb_a_second) {
  return gb_a_second * 1e9 / static_cast<double>(frame_bytes);
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
  for (const Simd simd : {Simd::baseline, Simd::avx2, Simd::avx512}) {
    if (simd > roi::widest_simd()) continue;
    for (std::size_t k = 0; k < std::size(floors); ++k) {
      const double rate = extraction_rate(bytes, floors[k].segments, simd), ratio = rate / bandwidth;
      if (simd == roi::fastest_simd(Dtype::u16)) reached = reached && ratio >= floors[k].share;
      out << "T + CoM 256x256 u16 S=" << floors[k].segments << ' ' << std::setw(8) << name_of(simd) << "   "
          << rate << " GB/s  " << std::setprecision(0) << frames_a_second(rate) << " frames/s  "
          << ratio * 100 << " % (floor " << floors[k].share * 100 << " %)\n"
          << std::setprecision(2);
    }
  }
  out << "chosen by measurement             " << name_of(roi::fastest_simd(Dtype::u16)) << "\n";
  const auto mask = make_mask();
  for (const auto& floor : floors) {
    const double ours =
        frames_a_second(extraction_rate(bytes, floor.segments, roi::fastest_simd(Dtype::u16), mask));
    const auto numpy = ask_python(numpy_script, {std::to_string(floor.segments)});
    out << "with a mask, S=" << floor.segments << std::setprecision(0) << "   " << ours << " frames/s; ";
    if (numpy.size() < 2) {
      out << "numpy not measured: no python3 with numpy\n";
      continue;
    }
    reached = reached && ours >= numpy_floor * numpy[0];
    out << "numpy as one writes it " << numpy[0] << ", ours is " << std::setprecision(1) << ours / numpy[0]
        << " times that (floor " << std::setprecision(0) << numpy_floor << "); numpy at its fastest "
        << numpy[1] << ", " << std::setprecision(1) << ours / numpy[1] << " times\n";
  }
  out << (reached ? "floors reached\n" : "below a floor\n");
  return reached ? 0 : 1;
}

}  // namespace ptero::tools
