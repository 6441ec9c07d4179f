// Question: how far above the cost of its transforms does an epoch of LSQ-ML run?
// Answer: seconds an epoch per 1,000 patterns beside the FFTW floor of the same run, and their ratio. The
// floor is two in-place transforms a pattern, without any scaling: "hot" on one array that stays in cache,
// "streamed" over as many arrays as there are patterns. The ratio is against the streamed one; goal <= 2
// (whole pixels), <= 3.2 (sub-pixel, four transforms).

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ptero/ptycho/cpu/fft2d.hpp>
#include <ptero/ptycho/probe_models.hpp>
#include <ptero/ptycho/reconstruction.hpp>
#include <random>
#include <thread>
#include <vector>

#include "bench.hpp"

using namespace ptero;
using namespace ptero::ptycho;

namespace {

constexpr std::size_t patterns = 1000;
constexpr int repeats = 15;

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

template <class F>
double fastest(F&& work) {
  double best = 1e9;
  for (int i = 0; i < repeats; ++i) {
    const double start = now();
    work();
    best = std::min(best, now() - start);
  }
  return best;
}

double floor_seconds(std::size_t n, unsigned threads, std::size_t arrays) {
  const Fft2d fft(Shape{n, n});
  std::vector<FftBuffer> buffers(threads);
  for (auto& buffer : buffers) {
    buffer = make_fft_buffer(n * n * arrays);
    std::fill(buffer.get(), buffer.get() + n * n * arrays, Complex{});
  }
  return fastest([&] {
    std::vector<std::jthread> team;
    for (unsigned t = 0; t < threads; ++t)
      team.emplace_back([&, t] {
        for (std::size_t i = 0; i < patterns / threads; ++i) {
          Complex* field = buffers[t].get() + n * n * (i % arrays);
          fft.forward_unscaled(field);
          fft.inverse_unscaled(field);
        }
      });
  });
}

double epoch_seconds(std::size_t n, unsigned threads, bool subpixel) {
  ReconstructionOptions options{
      .pixel_m = 1, .threads = threads, .subpixel = subpixel, .probe_start_epoch = 0};
  options.intake.n = n;
  Image<Complex> probe = gaussian_probe(n, 1, 1, {.fwhm_m = double(n) / 6});
  scale_to_photons(probe, 1e6);
  options.probe = probe;
  const Fft2d fft(Shape{n, n});
  fft.forward(probe.data());
  std::mt19937 random(1);
  std::vector<Pattern> some;
  for (int k = 0; k < 8; ++k) {
    Image<float> amplitude(probe.shape());
    for (std::size_t i = 0; i < amplitude.size(); ++i)
      amplitude.data()[i] =
          float(std::sqrt(std::poisson_distribution<int>(double(std::norm(probe.data()[i])))(random)));
    some.push_back(*make_pattern(amplitude));
  }
  Reconstruction reconstruction(options);
  std::uniform_real_distribution<double> jitter(-0.5, 0.5);
  for (std::size_t i = 0; i < patterns; ++i)
    if (!reconstruction.add_pattern(
            i, some[i % some.size()],
            {.x_m = double(i % 32) * 7 + jitter(random), .y_m = double(i / 32) * 7 + jitter(random)}))
      std::abort();
  reconstruction.run_epoch();
  return fastest([&] { reconstruction.run_epoch(); });
}

}  // namespace

int ptero::tools::bench_recon() {
  std::printf("seconds an epoch per 1,000 patterns, one probe mode, batches of 63, best of %d\n", repeats);
  std::printf("%5s %8s %11s %11s %11s %7s %11s %7s\n", "n", "threads", "floor hot", "floor str.", "whole px",
              "ratio", "sub-pixel", "ratio");
  for (const std::size_t n : {128, 256})
    for (const unsigned threads : {1U, 2U}) {
      const double hot = floor_seconds(n, threads, 1),
                   streamed = floor_seconds(n, threads, patterns / threads);
      const double whole = epoch_seconds(n, threads, false), sub = epoch_seconds(n, threads, true);
      std::printf("%5zu %8u %11.4f %11.4f %11.4f %7.2f %11.4f %7.2f\n", n, threads, hot, streamed, whole,
                  whole / streamed, sub, sub / streamed);
    }
  return 0;
}
