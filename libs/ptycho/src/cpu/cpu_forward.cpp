#include <algorithm>
#include <cmath>
#include <numbers>

#include "cpu_workspace.hpp"

// From probe and object to the detector.

namespace ptero::ptycho {

CpuWorkspace::Waves CpuWorkspace::make_waves(std::size_t kept) const {
  Waves waves{.incident = std::vector<FftBuffer>(modes_ * slices_),
              .before = std::vector<const Complex*>(modes_ * slices_),
              .chi = std::vector<FftBuffer>(modes_ * kept),
              .kept = kept};
  const bool own_probe = spec_.subpixel || spec_.has_weights();
  for (std::size_t i = 0; i < modes_ * slices_; ++i)
    if (own_probe || i % slices_ > 0) waves.incident[i] = make_fft_buffer(n_ * n_);
  for (FftBuffer& field : waves.chi) field = make_fft_buffer(n_ * n_);
  return waves;
}

void CpuWorkspace::prepare_probe() {
  for (std::size_t k = 0; k < probe_.size(); ++k) {
    const Image<Complex>& probe = probe_[k];
    if (spec_.has_weights()) {
      probe_power_[k] = 0;
      for (const Complex& p : probe.pixels()) probe_power_[k] += double{std::norm(p)};
    }
    if (!spec_.subpixel) continue;
    Complex* spectrum = spectrum_[k].get();
    std::copy_n(probe.data(), probe.size(), spectrum);
    fft_.forward_unscaled(spectrum);
    const float scale = 1.0F / static_cast<float>(n_ * n_);
    for (std::size_t i = 0; i < n_ * n_; ++i) spectrum[i] *= scale;
  }
}

namespace {
// exp(-2 pi i f d) for the frequencies of an even FFT.
void set_ramp(double shift, std::vector<Complex>& ramp) {
  const std::size_t n = ramp.size();
  const std::complex<double> step = std::polar(1.0, -2 * std::numbers::pi * shift / static_cast<double>(n));
  double re = 1, im = 0;
  ramp[0] = 1;
  for (std::size_t k = 1; k <= n / 2; ++k) {
    const double next = re * step.real() - im * step.imag();
    im = re * step.imag() + im * step.real();
    re = next;
    ramp[k] = Complex(std::complex(re, im));
    ramp[n - k] = Complex(std::complex(re, -im));
  }
}
}  // namespace

void CpuWorkspace::set_ramps(const Placement& placement, Worker& worker) const {
  set_ramp(double{placement.sub_row}, worker.ramp_row);
  set_ramp(double{placement.sub_col}, worker.ramp_col);
}

void CpuWorkspace::each_row(Complex* wave, int direction) const {
  passes_.each_rows([&](std::size_t r, std::size_t count) { passes_.rows(wave + r * n_, count, direction); });
}

void CpuWorkspace::shift(const Complex* spectrum, float factor, Worker& worker, Complex* out) const {
  kernels::ramp(spectrum, n_, worker.ramp_row.data(), worker.ramp_col.data(), factor, out);
}

void CpuWorkspace::form_probes(const Stored& pattern, Worker& worker, Waves& waves) const {
  if (spec_.subpixel) set_ramps(pattern.placement, worker);
  for (std::size_t m = 0; m < modes_; ++m) {
    if (!spec_.subpixel && !spec_.has_weights()) {
      waves.before[m * slices_] = probe_[m].data();
      continue;
    }
    Complex* out = waves.incident[m * slices_].get();
    waves.before[m * slices_] = out;
    const std::size_t terms = m == 0 ? spec_.variations : 0;
    if (spec_.subpixel) {
      shift(spectrum_[m].get(), weight(pattern, 0), worker, out);
      for (std::size_t k = 1; k <= terms; ++k)
        kernels::add_ramped(spectrum_[modes_ + k - 1].get(), n_, worker.ramp_row.data(),
                            worker.ramp_col.data(), weight(pattern, k), out);
      fft_.inverse_unscaled(out);
      continue;
    }
    std::fill_n(out, n_ * n_, Complex{});
    kernels::add_scaled(out, probe_[m].data(), weight(pattern, 0), n_ * n_);
    for (std::size_t k = 1; k <= terms; ++k)
      kernels::add_scaled(out, probe_[modes_ + k - 1].data(), weight(pattern, k), n_ * n_);
  }
}

void CpuWorkspace::cross(std::size_t gap, Complex* wave, int direction, Worker& worker) const {
  const Complex* h = gap_[gap].data();
  each_column(wave, worker, [&](Complex* block, std::size_t c, std::size_t width) {
    passes_.columns(block, width, 1);
    for (std::size_t r = 0; r < n_; ++r)
      if (direction > 0)
        kernels::multiply_by(block + r * width, h + r * n_ + c, width);
      else
        kernels::multiply_by_conj(block + r * width, h + r * n_ + c, width);
    passes_.columns(block, width, -1);
  });
}

void CpuWorkspace::to_detector(Complex* wave, Worker& worker) const {
  if (spec_.regime() == Regime::near_field) {
    cross(slices_ - 1, wave, 1, worker);
    each_row(wave, -1);
  } else {
    each_column(wave, worker,
                [&](Complex* block, std::size_t, std::size_t width) { passes_.columns(block, width, 1); });
  }
}

void CpuWorkspace::from_detector(Complex* wave, Worker& worker) const {
  if (spec_.regime() == Regime::near_field) {
    each_row(wave, 1);
    cross(slices_ - 1, wave, -1, worker);
  } else {
    each_column(wave, worker,
                [&](Complex* block, std::size_t, std::size_t width) { passes_.columns(block, width, -1); });
  }
}

void CpuWorkspace::form_exit_waves(const Stored& pattern, Worker& worker, Waves& waves) const {
  form_probes(pattern, worker, waves);
  const std::size_t at = corner(pattern.placement), stride = extent_.shape.cols;
  for (std::size_t m = 0; m < modes_; ++m)
    for (std::size_t l = 0; l < slices_; ++l) {
      const bool last = l + 1 == slices_;
      const std::size_t here = m * slices_ + l;
      Complex* out = last ? waves.chi_at(m, l) : waves.incident[here + 1].get();
      Complex* half_done = l > 0 ? waves.incident[here].get() : nullptr;
      passes_.each_rows([&](std::size_t first, std::size_t count) {
        if (half_done != nullptr) passes_.rows(half_done + first * n_, count, -1);
        for (std::size_t r = first; r < first + count; ++r)
          kernels::multiply(waves.before[here] + r * n_, object_[l].data() + at + r * stride, out + r * n_,
                            n_);
        passes_.rows(out + first * n_, count, 1);
      });
      if (last) continue;
      cross(l, out, 1, worker);
      waves.before[here + 1] = out;
    }
}

}  // namespace ptero::ptycho
