#include "studies/du2021/sample.hpp"

#include <fmt/format.h>

#include <cmath>

#include <ptero/core/error.hpp>
#include <ptero/core/series.hpp>
#include <ptero/ptycho/reconstruction.hpp>
#include <ptero/synth/simulator.hpp>

namespace ptero::tools {

using ptycho::Complex;

namespace {

/// `side` x `side` pixels about the middle of the scan, out of an array whose pixel (0, 0) lies at `corner`.
Image<Complex> middle_of(const Image<Complex>& object, std::int64_t corner_row, std::int64_t corner_col,
                         std::size_t side) {
  const auto half = static_cast<std::int64_t>(side / 2);
  const std::int64_t row0 = -half - corner_row, col0 = -half - corner_col;
  if (row0 < 0 || col0 < 0 ||
      row0 + static_cast<std::int64_t>(side) > static_cast<std::int64_t>(object.rows()) ||
      col0 + static_cast<std::int64_t>(side) > static_cast<std::int64_t>(object.cols()))
    throw InputError("the part shown is larger than the object", "",
                     "show fewer pixels or scan a larger field");
  Image<Complex> part(Shape{side, side});
  for (std::size_t r = 0; r < side; ++r)
    for (std::size_t c = 0; c < side; ++c)
      part(r, c) = object(static_cast<std::size_t>(row0) + r, static_cast<std::size_t>(col0) + c);
  return part;
}

struct Corner {
  std::int64_t row = 0, col = 0;
};
Corner corner_of(const ptycho::Snapshot& snapshot) {
  const auto at = [&](double centre_m, std::size_t size) {
    return static_cast<std::int64_t>(std::lround(centre_m / snapshot.pixel_m)) -
           static_cast<std::int64_t>(size / 2);
  };
  return {at(snapshot.centre.y_m, snapshot.object.rows()), at(snapshot.centre.x_m, snapshot.object.cols())};
}

class Engine {
 public:
  Engine(const synth::Simulator& simulator, const TwoSliceScanOptions& options, std::string name,
         const Progress& progress)
      : simulator_(simulator), options_(options), name_(std::move(name)), progress_(progress) {
    const std::size_t n = simulator.options().pattern;
    intake_.n = n;
    intake_.centre_row = intake_.centre_col = static_cast<double>(n / 2);
    for (FrameId id = 0; id < simulator.count(); ++id) {
      const Frame frame = simulator.frame(id);
      const auto pattern = ptycho::make_pattern({frame.payload.span(), frame.shape, frame.dtype}, intake_);
      if (!pattern)
        throw Error("a frame of " + name_ + " was refused", std::string(name_of(pattern.reason())));
      patterns_.push_back(*pattern);
    }
  }

  ptycho::Snapshot run(const ptycho::SliceOptions& slices, std::size_t epochs, const std::string& stage) {
    ptycho::ReconstructionOptions o;
    o.intake = intake_;
    o.pixel_m = simulator_.truth().pixel_m;
    o.wavelength_m = hc_ev_m / simulator_.options().energy_ev;
    o.threads = options_.threads;
    o.probe = simulator_.truth().probe;
    o.slices = slices;
    o.seed = options_.sample.seed;
    ptycho::Reconstruction reconstruction(o);
    for (FrameId id = 0; id < patterns_.size(); ++id)
      if (const auto taken = reconstruction.add_pattern(id, patterns_[id], simulator_.truth().positions[id]);
          !taken)
        throw Error("a pattern of " + name_ + " was refused", std::string(name_of(taken.reason())));
    while (reconstruction.epochs() < epochs) {
      const auto report = reconstruction.run_epoch();
      if (report.status == ptycho::RunStatus::diverged)
        throw Error("the reconstruction of " + name_ + " diverged", std::string(ptycho::why_diverged));
      progress_(fmt::format("{}: {}, epoch {} of {}, error {:.3f} %", name_, stage, reconstruction.epochs(),
                            epochs, 100 * report.amplitude_error));
    }
    return reconstruction.snapshot();
  }

 private:
  const synth::Simulator& simulator_;
  const TwoSliceScanOptions& options_;
  std::string name_;
  const Progress& progress_;
  ptycho::IntakeOptions intake_;
  std::vector<ptycho::Pattern> patterns_;
};

/// [Du21, section 3.2]: the map takes its element's contrast out of what was reconstructed as one slice; both
/// together start the two.
ptycho::SliceOptions from_fluorescence(const ptycho::Snapshot& single, const Image<float>& map,
                                       double spacing_m) {
  const Corner corner = corner_of(single);
  ptycho::SliceOptions out;
  out.spacing_m = {spacing_m};
  out.objects_extent = {corner.row, corner.col, single.object.shape()};
  out.objects = {single.object, Image<Complex>(single.object.shape(), 1.0F)};
  const auto rows = static_cast<std::int64_t>(map.rows()), cols = static_cast<std::int64_t>(map.cols());
  for (std::size_t r = 0; r < single.object.rows(); ++r)
    for (std::size_t c = 0; c < single.object.cols(); ++c) {
      const std::int64_t row = corner.row + static_cast<std::int64_t>(r) + rows / 2,
                         col = corner.col + static_cast<std::int64_t>(c) + cols / 2;
      if (row < 0 || col < 0 || row >= rows || col >= cols) continue;
      const Complex oxide =
          std::polar(1.0F, map(static_cast<std::size_t>(row), static_cast<std::size_t>(col)));
      out.objects[1](r, c) = oxide;
      out.objects[0](r, c) *= std::conj(oxide);
    }
  return out;
}

}  // namespace

TwoSliceSample reconstruct_two_slices(const TwoSliceScanOptions& options, const std::string& name,
                                      const Progress& progress) {
  progress(name + ": simulating frames");
  const synth::TwoSlices slices = synth::make_two_slices(options.sample);
  const synth::Simulator simulator(synth::two_slice_experiment(options.sample, slices));
  Engine engine(simulator, options, name, progress);
  ptycho::SliceOptions start{.spacing_m = {slices.spacing_m}};
  if (options.start == SliceStart::fluorescence)
    start = from_fluorescence(engine.run({}, options.first_epochs, "one slice"),
                              slices.downstream_fluorescence, slices.spacing_m);
  const ptycho::Snapshot snapshot = engine.run(start, options.epochs, "two slices");

  TwoSliceSample sample{.pixel_m = slices.pixel_m, .spacing_m = slices.spacing_m, .frames = snapshot.frames};
  sample.depths_of_field =
      slices.spacing_m / synth::depth_of_field(slices.pixel_m, hc_ev_m / slices.energy_ev);
  sample.amplitude_error = snapshot.errors.back();
  const Corner corner = corner_of(snapshot);
  const ptycho::Extent& extent = simulator.truth().extent;
  for (std::size_t l = 0; l < 2; ++l) {
    sample.truth.push_back(ddip::phase_without_ramp(
        middle_of(simulator.truth().slices[l], extent.row, extent.col, options.side)));
    sample.given.push_back(
        ddip::phase_without_ramp(middle_of(snapshot.slices[l], corner.row, corner.col, options.side)));
  }
  return sample;
}

}  // namespace ptero::tools
