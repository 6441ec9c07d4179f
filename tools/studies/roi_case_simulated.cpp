#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include <ptero/ptycho/forward_model.hpp>
#include <ptero/synth/random.hpp>
#include <ptero/synth/simulator.hpp>

#include "studies/roi_case.hpp"

namespace ptero::tools {

namespace {

using synth::SampleKind;
using synth::SimulatorOptions;

constexpr std::size_t sub_exposures = 4;
constexpr unsigned threads = 2;

/// The scan of [Lin23, fig. 5]: steps of 0.3 x 0.4 um, a beam of 1 um, exposed on the fly.
SimulatorOptions scan_of(SampleKind sample, double photons, const RoiCaseOptions& o) {
  SimulatorOptions options;
  options.seed = o.seed;
  options.sample = sample;
  options.grid = o.quick ? RasterPlan{20, 28, 0.3e-6, 0.4e-6, ScanOrder::raster}
                         : RasterPlan{36, 51, 0.3e-6, 0.4e-6, ScanOrder::raster};
  options.pattern = o.quick ? 96 : 128;
  options.sub_exposures = sub_exposures;
  // The small field of the quick form would be full of its sample.
  if (o.quick && sample == SampleKind::particles) options.sample_coverage = 0.12;
  options.photons = photons;
  return options;
}

/// Thickness from the absorption: |O| = exp(-k beta t).
Image<float> thickness_of(const synth::Truth& truth, double energy_ev) {
  const double k_beta =
      2 * std::numbers::pi * energy_ev / hc_ev_m * synth::copper_sulphide.at(energy_ev).beta;
  Image<float> thickness(truth.object.shape());
  for (std::size_t i = 0; i < thickness.size(); ++i)
    thickness.data()[i] = static_cast<float>(-std::log(std::abs(truth.object.data()[i])) / k_beta);
  return thickness;
}

/// Share of the probe's intensity on material, by frame.
std::vector<double> shares_on_material(const synth::Simulator& simulator) {
  const synth::Truth& truth = simulator.truth();
  const SimulatorOptions& options = simulator.options();
  const std::size_t n = options.pattern;
  const auto steps = static_cast<double>(options.sub_exposures);
  const Image<float> thickness = thickness_of(truth, options.energy_ev);
  Image<float> weight(truth.probe.shape());
  double whole = 0;
  for (std::size_t i = 0; i < weight.size(); ++i)
    whole += weight.data()[i] = std::norm(truth.probe.data()[i]);

  std::vector<double> shares(simulator.count(), 0);
  for (FrameId id = 0; id < shares.size(); ++id) {
    for (std::size_t k = 0; k < options.sub_exposures; ++k) {
      Position position = truth.positions[id];
      position.x_m +=
          ((static_cast<double>(k) + 0.5) / steps - 0.5) * options.smear_of_step * options.grid.step_x_m;
      const ptycho::Placement at = ptycho::place(position, truth.pixel_m, n);
      double lit = 0;
      for (std::size_t r = 0; r < n; ++r) {
        const float* t = &thickness(static_cast<std::size_t>(at.row - truth.extent.row) + r,
                                    static_cast<std::size_t>(at.col - truth.extent.col));
        for (std::size_t c = 0; c < n; ++c)
          lit += t[c] > static_cast<float>(touching_thickness_m) ? weight(r, c) : 0.0F;
      }
      shares[id] += lit / whole / steps;
    }
  }
  return shares;
}

std::vector<FrameTruth> truth_from(const std::vector<double>& shares, const RasterPlan& plan) {
  std::vector<FrameTruth> truth(shares.size(), FrameTruth::neither);
  for (FrameId id = 0; id < shares.size(); ++id) {
    const std::size_t row = plan.row_of(id), col = plan.col_of(id);
    double most = 0;
    for (std::size_t r = row - (row > 0); r <= std::min(row + 1, plan.rows - 1); ++r)
      for (std::size_t c = col - (col > 0); c <= std::min(col + 1, plan.cols - 1); ++c)
        most = std::max(most, shares[r * plan.cols + c]);
    if (shares[id] >= touching_share)
      truth[id] = FrameTruth::region;
    else if (most < untouched_share)
      truth[id] = FrameTruth::background;
  }
  return truth;
}

void extract_features(RoiCase& roi_case, const synth::Simulator& simulator,
                      const std::vector<int>& segments) {
  const SeriesInfo& info = simulator.info();
  extract_features(
      roi_case, info, {*info.centre_row, *info.centre_col}, segments,
      [&](FrameId id) { return simulator.frame(id); }, threads);
}

RoiCase simulate(const SimulatorOptions& options, const std::vector<int>& segments) {
  const synth::Simulator simulator(options);
  RoiCase roi_case;
  find_truth(roi_case, simulator);
  for (const FrameId id : options.dark_frames) roi_case.truth[id] = FrameTruth::background;
  extract_features(roi_case, simulator, segments);
  return roi_case;
}

/// A phase that varies everywhere, `rms` radians over about `length` pixels: ice, glue or a rough window.
Image<double> rough_phase(Shape shape, double rms, double length, std::uint64_t seed) {
  synth::Random random(seed, 77);
  Image<double> phase(shape);
  for (double& value : std::span(phase.data(), phase.size())) value = random.normal();
  const auto reach = static_cast<std::ptrdiff_t>(3 * length);
  const auto blur = [&](std::size_t lines, std::size_t count, std::size_t along, std::size_t across) {
    std::vector<double> line(count);
    for (std::size_t l = 0; l < lines; ++l) {
      for (std::size_t i = 0; i < count; ++i) line[i] = phase.data()[l * across + i * along];
      for (std::size_t i = 0; i < count; ++i) {
        double sum = 0;
        for (std::ptrdiff_t d = -reach; d <= reach; ++d) {
          // Wrapped, so that the roughness is the same up to the edge.
          const auto at =
              (i + count + static_cast<std::size_t>(d + reach) - static_cast<std::size_t>(reach)) % count;
          sum += line[at] * std::exp(-static_cast<double>(d * d) / (2 * length * length));
        }
        phase.data()[l * across + i * along] = sum;
      }
    }
  };
  blur(shape.rows, shape.cols, 1, shape.cols);
  blur(shape.cols, shape.rows, shape.cols, 1);
  double squares = 0;
  for (double value : std::span(phase.data(), phase.size())) squares += value * value;
  const double scale = rms / std::sqrt(squares / static_cast<double>(phase.size()));
  for (double& value : std::span(phase.data(), phase.size())) value *= scale;
  return phase;
}

/// The truth is that of the sample alone.
RoiCase simulate_in_rough_layer(const SimulatorOptions& options, const std::vector<int>& segments) {
  RoiCase roi_case;
  find_truth(roi_case, synth::Simulator(options));
  extract_features(roi_case, synth::Simulator(in_rough_layer(options)), segments);
  return roi_case;
}

std::string dose_name(double photons) {
  return photons == 1e5 ? "1e5 photons" : photons == 1e6 ? "1e6 photons" : "3e6 photons";
}

}  // namespace

SimulatorOptions in_rough_layer(SimulatorOptions options) {
  constexpr double rms_rad = 0.3, length_m = 60e-9;
  const synth::Simulator bare(options);
  auto object = bare.truth().object;
  const auto phase = rough_phase(object.shape(), rms_rad, length_m / bare.truth().pixel_m, options.seed);
  for (std::size_t i = 0; i < object.size(); ++i)
    object.data()[i] *= std::complex<float>(std::polar(1.0, phase.data()[i]));
  options.object = std::move(object);
  return options;
}

void find_truth(RoiCase& roi_case, const synth::Simulator& simulator) {
  const SimulatorOptions& options = simulator.options();
  const synth::Truth& made = simulator.truth();
  roi_case.layout = roi::ScanLayout::raster(options.grid);
  roi_case.truth = truth_from(shares_on_material(simulator), options.grid);
  roi_case.particles.resize(made.satellites.size());
  if (made.satellites.empty()) return;
  // A frame that touches something touches the nearest particle where its beam reaches that, else the body.
  constexpr double reach_m = 0.6e-6;
  for (FrameId id = 0; id < made.positions.size(); ++id) {
    if (roi_case.truth[id] != FrameTruth::region) continue;
    roi_case.truth[id] = FrameTruth::neither;
    for (std::size_t k = 0; k < made.satellites.size(); ++k) {
      const synth::Satellite& particle = made.satellites[k];
      const double distance = std::hypot(made.positions[id].x_m - particle.centre.x_m,
                                         made.positions[id].y_m - particle.centre.y_m);
      if (distance > reach_m + particle.diameter_m / 2) continue;
      roi_case.particles[k].push_back(id);
      roi_case.truth[id] = FrameTruth::region;
    }
  }
}

std::vector<RoiCaseMaker> simulated_roi_cases(const RoiCaseOptions& o) {
  std::vector<RoiCaseMaker> makers;
  const auto segments = o.segments;
  const std::vector<double> doses = o.quick ? std::vector<double>{1e6} : std::vector<double>{1e5, 1e6, 3e6};
  const auto scan = [=](SampleKind kind, double photons) { return scan_of(kind, photons, o); };
  for (const double dose : doses)
    makers.push_back({"nanosheets, " + dose_name(dose), "simulated",
                      [=] { return alone(simulate(scan(SampleKind::nanosheets, dose), segments)); }});
  for (const double dose : doses)
    makers.push_back({"small particles, " + dose_name(dose), "simulated; the main body is left out", [=] {
                        std::vector<RoiCase> cases;
                        auto options = scan(SampleKind::particles, dose);
                        for (std::size_t k = 0; k < (o.quick ? 1 : particle_samples); ++k, ++options.seed)
                          cases.push_back(simulate(options, segments));
                        return cases;
                      }});
  makers.push_back({"empty field", "nothing to find",
                    [=] { return alone(simulate(scan(SampleKind::empty, 1e6), segments)); }});
  for (const auto monitor : {synth::MonitorReading::present, synth::MonitorReading::absent})
    makers.push_back({std::string("empty field, drift of 0.4 %, ") +
                          (monitor == synth::MonitorReading::present ? "with monitor" : "no monitor"),
                      "nothing to find", [=] {
                        auto options = scan(SampleKind::empty, 1e6);
                        options.intensity_drift = 0.004;
                        options.monitor = monitor;
                        return alone(simulate(options, segments));
                      }});
  for (const auto dark : {roi::DarkFrames::exclude, roi::DarkFrames::keep})
    makers.push_back({std::string("nanosheets, three dark frames") +
                          (dark == roi::DarkFrames::keep ? ", `--keep-dark`" : ""),
                      "simulated; the dark frames are background", [=] {
                        auto options = scan(SampleKind::nanosheets, 1e6);
                        options.background = 0.01;
                        options.dark_frames = {15, options.grid.count() / 3, options.grid.count() - 40};
                        RoiCase roi_case = simulate(options, segments);
                        roi_case.dark = dark;
                        return alone(std::move(roi_case));
                      }});
  for (const auto kind : {SampleKind::nanosheets, SampleKind::empty})
    makers.push_back({std::string("strongly scattering layer") +
                          (kind == SampleKind::empty ? " alone" : " with nanosheets"),
                      kind == SampleKind::empty ? "nothing to find" : "simulated; the layer is background",
                      [=] { return alone(simulate_in_rough_layer(scan(kind, 1e6), segments)); }});
  return makers;
}

}  // namespace ptero::tools
