#include <algorithm>
#include <cmath>
#include <numbers>
#include <ptero/ptycho/reconstruction.hpp>
#include <ptero/ptycho/trials.hpp>

#include "noise_floor.hpp"

namespace ptero::ptycho {

std::vector<Exposure> neighbours(std::span<const Exposure> exposures, std::size_t count) {
  if (exposures.empty()) return {};
  // The exposure nearest to the middle, and what lies around it.
  double x = 0, y = 0;
  for (const Exposure& e : exposures) {
    x += e.position.x_m / static_cast<double>(exposures.size());
    y += e.position.y_m / static_cast<double>(exposures.size());
  }
  std::vector<Exposure> sorted(exposures.begin(), exposures.end());
  std::stable_sort(sorted.begin(), sorted.end(), [&](const Exposure& a, const Exposure& b) {
    return std::hypot(a.position.x_m - x, a.position.y_m - y) <
           std::hypot(b.position.x_m - x, b.position.y_m - y);
  });
  sorted.resize(std::min(count, sorted.size()));
  return sorted;
}

namespace {
template <class Place>
double error_after(const ReconstructionOptions& options, std::span<const Exposure> exposures,
                   std::size_t epochs, Place&& place) {
  Reconstruction reconstruction(options);
  for (std::size_t i = 0; i < exposures.size(); ++i)
    (void)reconstruction.add_pattern(i, *exposures[i].pattern, place(exposures[i].position));
  for (std::size_t epoch = 0; epoch < epochs; ++epoch)
    if (reconstruction.run_epoch().status != RunStatus::ok) return 1;
  const double error = reconstruction.evaluate();
  return std::isfinite(error) ? error : 1;
}

template <class Trial>
void rank(std::vector<Trial>& trials) {
  std::stable_sort(trials.begin(), trials.end(),
                   [](const Trial& a, const Trial& b) { return a.error < b.error; });
}
}  // namespace

std::vector<AxesTrial> rank_axes(const ReconstructionOptions& options, std::span<const Exposure> exposures,
                                 std::size_t epochs) {
  std::vector<AxesTrial> trials;
  for (const bool swap : {false, true})
    for (const double sign_x : {1.0, -1.0})
      for (const double sign_y : {1.0, -1.0}) {
        AxesTrial trial{.swap = swap, .sign_x = sign_x, .sign_y = sign_y};
        trial.error =
            error_after(options, exposures, epochs, [&](const Position& p) { return trial.apply(p); });
        trials.push_back(trial);
      }
  rank(trials);
  return trials;
}

std::vector<DefocusTrial> rank_defocus(const ReconstructionOptions& options,
                                       std::span<const Exposure> exposures, std::span<const double> phases,
                                       std::size_t epochs) {
  std::vector<DefocusTrial> trials;
  ReconstructionOptions trial_options = options;
  trial_options.probe.reset();
  for (const double phase : phases) {
    trial_options.defocus_phase = phase;
    trials.push_back(
        {phase, error_after(trial_options, exposures, epochs, [](const Position& p) { return p; })});
  }
  rank(trials);
  return trials;
}

namespace {
/// The amplitude error that counting leaves; 0 where values are no counts.
double noise_of(std::span<const Exposure> exposures) {
  double noise = 0, counts = 0;
  for (const Exposure& e : exposures) {
    const CountingNoise one = counting_noise(*e.pattern);
    if (!one.counted) return 0;
    noise += one.residual;
    counts += e.pattern->counts;
  }
  return counts > 0 ? noise / counts : 0;
}

Certainty judged(double best, double next, double noise) {
  const double unit = noise > 0 ? noise : best;
  if (!(unit > 0)) return {};
  Certainty out{.contrast = (next - best) / unit, .misfit = best / unit};
  out.sure = out.misfit <= sure_misfit && out.contrast >= sure_contrast;
  return out;
}
}  // namespace

Certainty certainty_of(std::span<const AxesTrial> ranking, std::span<const Exposure> exposures) {
  if (ranking.size() < 2) return {};
  return judged(ranking[0].error, ranking[1].error, noise_of(exposures));
}

Certainty certainty_of(std::span<const DefocusTrial> ranking, std::span<const Exposure> exposures) {
  const auto other = std::find_if(ranking.begin(), ranking.end(), [&](const DefocusTrial& t) {
    return std::signbit(t.phase) != std::signbit(ranking[0].phase);
  });
  if (other == ranking.end()) return {};
  return judged(ranking[0].error, other->error, noise_of(exposures));
}

std::string text_of(const AxesTrial& trial) {
  std::string text = trial.swap ? "x and y swapped" : "";
  const auto add = [&](const char* what) { text += (text.empty() ? "" : ", ") + std::string(what); };
  if (trial.sign_x < 0) add("x reversed");
  if (trial.sign_y < 0) add("y reversed");
  return text.empty() ? "as they are" : text;
}

std::vector<double> likely_defocus_phases(std::span<const Exposure> exposures, std::size_t n) {
  // RMS frequency of the light; a ray of frequency q meets the sample D q / pi pixels from the axis.
  double light = 0, squares = 0;
  const auto frequency = [n](std::size_t k) {
    return (static_cast<double>(k) - (k < n / 2 ? 0.0 : static_cast<double>(n))) / static_cast<double>(n);
  };
  for (const Exposure& e : exposures) {
    const Image<float> amplitude = amplitudes(*e.pattern, n);
    for (std::size_t r = 0; r < n; ++r)
      for (std::size_t c = 0; c < n; ++c) {
        const double a = std::max(0.0, double{amplitude(r, c)});
        light += a * a;
        squares += a * a * (frequency(r) * frequency(r) + frequency(c) * frequency(c));
      }
  }
  if (!(squares > 0)) return {};
  const double q = std::sqrt(squares / light);
  const double phase = std::numbers::pi * static_cast<double>(n) / (8 * q);
  std::vector<double> phases;
  for (const double times : {1.0, 0.25, 4.0}) {
    phases.push_back(times * phase);
    phases.push_back(-times * phase);
  }
  return phases;
}

}  // namespace ptero::ptycho
