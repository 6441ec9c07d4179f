#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ptero/core/series.hpp>
#include <ptero/ddip/run.hpp>
#include <ptero/ddip/second_pass.hpp>
#include <ptero/ptycho/reconstruction.hpp>
#include <ptero/quality/compare.hpp>
#include <ptero/synth/two_slice.hpp>

namespace ptero::ddip {
namespace {

using ptycho::Complex;
using Objects = std::vector<Image<Complex>>;

ptycho::Extent extent_of(const ptycho::Snapshot& shot) {
  const auto corner = [&](double centre_m, std::size_t side) {
    return std::llround(centre_m / shot.pixel_m - static_cast<double>(side) / 2);
  };
  return {corner(shot.centre.y_m, shot.object.rows()), corner(shot.centre.x_m, shot.object.cols()),
          shot.object.shape()};
}

template <class T>
Image<T> cut(const Image<T>& image, const Window& window) {
  Image<T> out(window.shape);
  for (std::size_t r = 0; r < out.rows(); ++r)
    for (std::size_t c = 0; c < out.cols(); ++c) out(r, c) = image(r + window.top, c + window.left);
  return out;
}

/// Particles over a grain, seen through by our own engine.
class Experiment {
 public:
  Experiment(synth::TwoSliceOptions options)
      : simulator_(synth::two_slice_experiment(options, synth::make_two_slices(options))) {}

  /// `start` empty: from vacuum and optics that are 10 % wrong.
  ptycho::Reconstruction reconstruction(const Objects& start = {}, const ptycho::Snapshot& from = {}) const {
    ptycho::ReconstructionOptions options;
    options.intake.n = simulator_.options().pattern;
    options.intake.centre_row = options.intake.centre_col = static_cast<double>(options.intake.n / 2);
    options.pixel_m = simulator_.truth().pixel_m;
    options.wavelength_m = simulator_.info().wavelength_m;
    options.threads = 2;
    options.slices.spacing_m = simulator_.truth().slice_spacing_m;
    if (start.empty()) {
      auto plate = simulator_.options().zone_plate;
      plate.defocus_m *= 1.1;
      options.probe =
          ptycho::zone_plate_probe(options.intake.n, options.pixel_m, options.wavelength_m, plate);
    } else {
      options.probe = from.modes.at(0);
      options.slices.objects = start;
      options.slices.objects_extent = extent_of(from);
    }
    ptycho::Reconstruction out(options);
    for (FrameId id = 0; id < simulator_.count(); ++id) {
      const Frame frame = simulator_.frame(id);
      EXPECT_TRUE(out.add_frame(id, {frame.payload.span(), frame.shape, frame.dtype}, *frame.position));
    }
    return out;
  }

  /// Relative error of each slice where it is fully lit, constant and ramp of its phase taken away.
  std::vector<double> errors(const ptycho::Snapshot& shot) const {
    const auto& truth = simulator_.truth();
    const ptycho::Extent at = extent_of(shot);
    const Window lit = fully_lit(shot.coverage, 0.3);
    std::vector<double> out;
    for (std::size_t l = 0; l < shot.slices.size(); ++l) {
      const Window there{lit.top + static_cast<std::size_t>(at.row - truth.extent.row),
                         lit.left + static_cast<std::size_t>(at.col - truth.extent.col), lit.shape};
      out.push_back(quality::compare(cut(shot.slices[l], lit), cut(truth.slices[l], there),
                                     quality::Mask(lit.shape, 1), 0, quality::Shift::none)
                        .object_error);
    }
    return out;
  }

  double open() const {
    const auto& truth = simulator_.truth();
    return open_frequency(truth.slice_spacing_m[0], simulator_.info().wavelength_m, truth.pixel_m);
  }

 private:
  synth::Simulator simulator_;
};

void run(ptycho::Reconstruction& reconstruction, int epochs) {
  for (int epoch = 0; epoch < epochs; ++epoch)
    ASSERT_EQ(reconstruction.run_epoch().status, ptycho::RunStatus::ok);
}

// What a separation of some tens of epochs is worth depends on its seed, and it can be worse than what it was
// given (doc/ddip.md). Whatever it is, diffraction takes the rest of the cross-talk out of it.
TEST(SecondPass, ImprovesOnTheSeparatedSlicesItStartsFrom) {
  constexpr int epochs = 30;
  synth::TwoSliceOptions sample;
  sample.field = 72;
  const Experiment experiment(sample);
  auto first = experiment.reconstruction();
  run(first, epochs);
  const auto shot = first.snapshot();
  const Window lit = fully_lit(shot.coverage);
  Slices phases;
  for (const auto& slice : shot.slices) phases.push_back(phase_without_ramp(cut(slice, lit)));
  for (std::uint64_t seed = 1; seed <= 2; ++seed) {
    Options options = Options::fast();
    options.threads = 2;
    options.seed = seed;
    Separation separation(phases, options);
    while (separation.epoch() < 50) separation.step();
    const Slices y = separation.slices();
    auto separated = shot, handed = shot;
    for (std::size_t l = 0; l < 2; ++l) separated.slices[l] = with_phase(shot.slices[l], lit, y[l]);
    handed.slices = with_shares_of(shot.slices, lit, y, experiment.open());
    auto second = experiment.reconstruction(handed.slices, shot);
    run(second, epochs);
    const auto plain = experiment.errors(separated), begin = experiment.errors(handed),
               end = experiment.errors(second.snapshot());
    for (std::size_t l = 0; l < 2; ++l) {
      if (std::getenv("PTERO_KEEP") != nullptr)
        std::printf("seed %d slice %zu: separated %.4f, start %.4f, second pass %.4f\n",
                    static_cast<int>(seed), l + 1, plain[l], begin[l], end[l]);
      EXPECT_LT(begin[l], 0.9 * plain[l]) << "the detail is diffraction's";
      EXPECT_LT(end[l], 0.95 * begin[l]);
    }
  }
}

}  // namespace
}  // namespace ptero::ddip
