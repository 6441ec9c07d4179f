// Question: how near does the CUDA backend come to the memory traffic it cannot avoid?
// Answer: pattern updates a second (project, step equations, update) at 128 and 256 pixels, beside the rates
// at which this GPU could move the bytes of four designs, from the copy bandwidth measured in the same run.
// With u = one pass over a complex n x n field: A, library style, 19.5 u a pattern; B, the same with object
// and gradients in the L2 cache, 13.25 u (this code is meant to be one of these two); C, transforms with
// load and store callbacks, 9.25 u; D, column transform and modulus in one kernel, 6.25 u. They are for one
// mode and whole pixels; modes multiply them, sub-pixel shifts about double them.

#include "bench/bench.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <ptero/ptycho/cpu/fft2d.hpp>
#include <ptero/ptycho/cuda/device_floor.hpp>
#include <ptero/ptycho/lsqml.hpp>
#include <ptero/ptycho/probe_models.hpp>
#include <random>

using namespace ptero;
using namespace ptero::ptycho;

namespace {

constexpr std::size_t patterns = 4096;
constexpr int repeats = 5;

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Eight noisy patterns of the probe through vacuum, over and over.
std::vector<Pattern> make_patterns(const Image<Complex>& probe) {
  Image<Complex> field = probe;
  Fft2d(probe.shape(), Planning::estimated).forward(field.data());
  std::mt19937 random(1);
  std::vector<Pattern> out;
  for (int k = 0; k < 8; ++k) {
    Image<float> amplitude(probe.shape());
    for (std::size_t i = 0; i < amplitude.size(); ++i) {
      const double mean = double(std::norm(field.data()[i]));
      amplitude.data()[i] = mean > 0 ? float(std::sqrt(std::poisson_distribution<int>(mean)(random))) : 0.0F;
    }
    out.push_back(*make_pattern(amplitude));
  }
  return out;
}

struct Setting {
  std::size_t n, batch;
  bool subpixel;
  std::size_t modes;
};

double updates_per_second(const Setting& setting) {
  const std::size_t n = setting.n;
  Image<Complex> probe = gaussian_probe(n, 1, 1, {.fwhm_m = double(n) / 6});
  scale_to_photons(probe, 1e6);
  const std::vector<Pattern> some = make_patterns(probe);
  const auto workspace =
      make_workspace(Backend::cuda, {.n = n, .subpixel = setting.subpixel, .modes = setting.modes});
  const Extent extent{0, 0, {n + 64 * 7 + 1, n + 64 * 7 + 1}};
  workspace->grow(extent, std::vector{Image<Complex>(extent.shape, Complex(1))});
  for (std::size_t m = 0; m < setting.modes; ++m) {
    workspace->set_probe(m, probe);
    for (Complex& p : probe.pixels()) p *= 0.3F;
  }
  std::mt19937 random(2);
  std::uniform_real_distribution<float> fraction(-0.5F, 0.5F);
  std::vector<Slot> slots;
  for (std::size_t i = 0; i < patterns; ++i)
    slots.push_back(workspace->load(some[i % some.size()], {.row = std::int64_t(i / 64) * 7,
                                                            .col = std::int64_t(i % 64) * 7,
                                                            .sub_row = fraction(random),
                                                            .sub_col = fraction(random)}));
  std::shuffle(slots.begin(), slots.end(), random);
  workspace->refresh_illumination(slots);
  double best = 1e30;
  for (int epoch = 0; epoch <= repeats; ++epoch) {
    const double start = now();
    for (std::size_t first = 0; first < patterns; first += setting.batch)
      run_lsqml_batch(*workspace, std::span(slots).subspan(first, std::min(setting.batch, patterns - first)),
                      {}, {});
    (void)workspace->probe(0);  // waits for the last update
    if (epoch > 0) best = std::min(best, now() - start);
  }
  return double(patterns) / best;
}

void report(std::size_t n) {
  const DeviceFloor floor = measure_cuda_floor(n, 512, std::size_t{1} << 30);
  const double pass = double(n * n) * sizeof(Complex);
  const auto limit = [&](double passes) { return floor.copy_bytes_per_s / (passes * pass) / 1e6; };
  std::printf("\n%s, %zu x %zu: copies %.0f GB/s (read + written), FFT pairs %.3f M/s\n",
              floor.device.c_str(), n, n, floor.copy_bytes_per_s / 1e9, floor.fields_per_s / 1e6);
  std::printf("floors at that bandwidth, M pattern updates/s: A %.3f  B %.3f  C %.3f  D %.3f\n", limit(19.5),
              limit(13.25), limit(9.25), limit(6.25));
  std::printf("%6s %10s %6s %18s %10s %10s\n", "batch", "shifts", "modes", "M pattern-upd./s", "of A",
              "of B");
  for (const Setting& s : {Setting{n, 64, false, 1}, Setting{n, 512, false, 1}, Setting{n, 1024, false, 1},
                           Setting{n, 512, true, 1}, Setting{n, 512, false, 3}, Setting{n, 512, true, 3}}) {
    const double rate = updates_per_second(s) / 1e6;
    std::printf("%6zu %10s %6zu %18.4f %10.2f %10.2f\n", s.batch, s.subpixel ? "sub-pixel" : "whole", s.modes,
                rate, rate / limit(19.5), rate / limit(13.25));
    std::fflush(stdout);
  }
}

}  // namespace

int ptero::tools::bench_recon_cuda() {
  (void)make_workspace(Backend::cuda, {.n = 8});  // refuses before anything is said
  std::printf("LSQ-ML batches on %zu resident patterns, probe and object updated, best of %d epochs\n",
              patterns, repeats);
  for (const std::size_t n : {128, 256}) report(n);
  return 0;
}
