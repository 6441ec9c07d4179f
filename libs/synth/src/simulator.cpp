#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <ptero/core/error.hpp>
#include <ptero/ptycho/cpu/fft2d.hpp>
#include <ptero/synth/random.hpp>
#include <ptero/synth/simulator.hpp>

#include "experiment.hpp"

namespace ptero::synth {

using ptycho::Complex;

namespace {
constexpr std::uint64_t beam_stream = 1ULL << 62;
constexpr std::uint64_t sent_stream = 3ULL << 61;

// Phase factors of a shift by d pixels: exp(-2 pi i f d) along one axis, times `scale`.
std::vector<Complex> shift_ramp(std::size_t n, double shift, double scale) {
  std::vector<Complex> ramp(n);
  for (std::size_t k = 0; k < n; ++k) {
    const double f =
        (static_cast<double>(k) - (k < n / 2 ? 0.0 : static_cast<double>(n))) / static_cast<double>(n);
    ramp[k] = Complex(std::polar(scale, -2 * std::numbers::pi * f * shift));
  }
  return ramp;
}
}  // namespace

struct Simulator::Parts {
  SimulatorOptions options;
  SeriesInfo info;
  Truth truth;
  ptycho::Fft2d fft;
  Image<Complex> probe_spectrum;     ///< F P, zero frequency at [0, 0]
  std::vector<Image<Complex>> gaps;  ///< H from each slice to the next, with the 1/n^2 of two FFTs

  explicit Parts(SimulatorOptions given)
      : options(std::move(given)),
        info((check(options), series_info(options))),
        truth(make_truth(options)),
        // A measured plan may differ from run to run, and its last bits flip single Poisson draws.
        fft(Shape{options.pattern, options.pattern}, ptycho::Planning::estimated),
        probe_spectrum(truth.probe) {
    std::sort(options.dark_frames.begin(), options.dark_frames.end());
    fft.forward(probe_spectrum.data());
    for (const double spacing_m : truth.slice_spacing_m) {
      gaps.push_back(
          ptycho::propagator(options.pattern, spacing_m, hc_ev_m / options.energy_ev, truth.pixel_m));
      for (Complex& h : gaps.back().pixels()) h /= static_cast<float>(options.pattern * options.pattern);
    }
  }

  bool is_dark(FrameId id) const {
    return std::binary_search(options.dark_frames.begin(), options.dark_frames.end(), id);
  }
  void add_exposure(const Position& position, double weight, Complex* wave, Image<float>& pattern) const;
  double intensity(FrameId id) const;
  Image<float> expected(const Position& position, double light) const;
  Frame frame(FrameId id, const Position& position, double light) const;
};

// pattern += weight |F(T_d P . R O)|^2, with the symbols of ptycho/forward_model.hpp; with slices
// psi <- H psi . R O_l for each behind the first.
void Simulator::Parts::add_exposure(const Position& position, double weight, Complex* wave,
                                    Image<float>& pattern) const {
  const std::size_t n = options.pattern;
  const ptycho::Placement at = ptycho::place(position, truth.pixel_m, n);
  // Both FFTs are run without their factors 1/n, which the ramps carry.
  const std::vector<Complex> row_ramp = shift_ramp(n, at.sub_row, 1.0 / static_cast<double>(n * n));
  const std::vector<Complex> col_ramp = shift_ramp(n, at.sub_col, std::sqrt(weight));
  for (std::size_t r = 0; r < n; ++r)
    for (std::size_t c = 0; c < n; ++c) wave[r * n + c] = probe_spectrum(r, c) * (row_ramp[r] * col_ramp[c]);
  fft.inverse_unscaled(wave);
  const auto pass = [&](const Image<Complex>& object) {
    for (std::size_t r = 0; r < n; ++r) {
      const Complex* patch = &object(static_cast<std::size_t>(at.row - truth.extent.row) + r,
                                     static_cast<std::size_t>(at.col - truth.extent.col));
      for (std::size_t c = 0; c < n; ++c) wave[r * n + c] *= patch[c];
    }
  };
  pass(truth.slices.empty() ? truth.object : truth.slices[0]);
  for (std::size_t l = 0; l < gaps.size(); ++l) {
    fft.forward_unscaled(wave);
    for (std::size_t i = 0; i < n * n; ++i) wave[i] *= gaps[l].data()[i];
    fft.inverse_unscaled(wave);
    pass(truth.slices[l + 1]);
  }
  fft.forward_unscaled(wave);
  // Zero frequency to the middle of the detector: both halves of a row move as blocks.
  const std::size_t half = n / 2;
  for (std::size_t r = 0; r < n; ++r) {
    const Complex* from = wave + r * n;
    float* to = pattern.row((r + half) % n).data();
    for (std::size_t c = 0; c < half; ++c) {
      to[c + half] += std::norm(from[c]);
      to[c] += std::norm(from[c + half]);
    }
  }
}

Simulator::Simulator(SimulatorOptions options) : parts_(std::make_unique<const Parts>(std::move(options))) {}
Simulator::~Simulator() = default;
Simulator::Simulator(Simulator&&) noexcept = default;
Simulator& Simulator::operator=(Simulator&&) noexcept = default;

const SimulatorOptions& Simulator::options() const {
  return parts_->options;
}
const SeriesInfo& Simulator::info() const {
  return parts_->info;
}
const Truth& Simulator::truth() const {
  return parts_->truth;
}
std::size_t Simulator::count() const {
  return parts_->options.grid.count();
}

double Simulator::Parts::intensity(FrameId id) const {
  const SimulatorOptions& o = options;
  if (is_dark(id)) return 0;
  const std::size_t last = o.grid.count() - 1;
  const double through =
      last > 0 ? static_cast<double>(std::min<FrameId>(id, last)) / static_cast<double>(last) : 0;
  double intensity = 1 + o.intensity_drift * through;
  if (o.intensity_noise > 0) intensity *= 1 + o.intensity_noise * Random(o.seed, beam_stream + id).normal();
  return std::max(intensity, 0.0);
}

Image<float> Simulator::Parts::expected(const Position& position, double light) const {
  Image<float> pattern(Shape{options.pattern, options.pattern}, static_cast<float>(options.background));
  if (light == 0) return pattern;
  const ptycho::FftBuffer wave = ptycho::make_fft_buffer(pattern.size());
  const auto steps = static_cast<double>(options.sub_exposures);
  for (std::size_t k = 0; k < options.sub_exposures; ++k)
    add_exposure({position.x_m + smear_offset_m(options, k), position.y_m}, light / steps, wave.get(),
                 pattern);
  return pattern;
}

Frame Simulator::Parts::frame(FrameId id, const Position& position, double light) const {
  const SimulatorOptions& o = options;
  const Image<float> mean = expected(position, light);
  Random photons(o.seed, id);
  Frame frame;
  frame.id = id;
  frame.shape = mean.shape();
  frame.dtype = o.dtype;
  frame.position = position;
  if (o.monitor == MonitorReading::present && (o.intensity_drift != 0 || o.intensity_noise > 0))
    frame.monitor = light;
  with_dtype(o.dtype, [&]<class T>(T) {
    // The highest values of an integer type are flags, not counts.
    const double most = std::is_integral_v<T> ? flag_value(o.dtype) - 1 : 1e9;
    const auto full = static_cast<std::uint32_t>(most);
    std::vector<T> pixels(mean.size());
    for (std::size_t i = 0; i < pixels.size(); ++i)
      pixels[i] = static_cast<T>(std::min(photons.poisson(mean.data()[i]), full));
    frame.payload = Bytes::take(std::move(pixels));
  });
  return frame;
}

double Simulator::intensity(FrameId id) const {
  PTERO_EXPECT(id < count());
  return parts_->intensity(id);
}

Image<float> Simulator::expected(FrameId id) const {
  return parts_->expected(parts_->truth.positions[id], intensity(id));
}

Frame Simulator::frame(FrameId id) const {
  return parts_->frame(id, parts_->truth.positions[id], intensity(id));
}

Frame Simulator::frame_at(FrameId id, const Position& place) const {
  const auto& positions = parts_->truth.positions;
  const auto between = [&](double value, double Position::*axis) {
    const auto [low, high] =
        std::minmax_element(positions.begin(), positions.end(),
                            [&](const Position& a, const Position& b) { return a.*axis < b.*axis; });
    return std::clamp(value, *low.*axis, *high.*axis);
  };
  Random stage(parts_->options.seed, sent_stream + id);
  const double jitter_m = parts_->options.position_jitter_m;
  // The object ends where the patches of the plan end.
  const double x_m = place.x_m + jitter_m * stage.normal(), y_m = place.y_m + jitter_m * stage.normal();
  return parts_->frame(id, {between(x_m, &Position::x_m), between(y_m, &Position::y_m)},
                       parts_->intensity(id));
}

}  // namespace ptero::synth
