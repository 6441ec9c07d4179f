#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <ptero/image/tiff.hpp>
#include <ptero/quality/compare.hpp>
#include <ptero/scan/reconstruction_outputs.hpp>
#include <ptero/scan/solver_options.hpp>
#include <ptero/synth/two_slice.hpp>

#include "support/scratch.hpp"

namespace ptero::scan {
namespace {

using ptycho::Complex;

/// Rows and columns of `image` whose corner lies at `from` on the grid, seen in `to`; what it lacks is
/// `fill`.
template <class T>
Image<T> placed(const Image<T>& image, const ptycho::Extent& from, const ptycho::Extent& to, T fill) {
  Image<T> out(to.shape, fill);
  for (std::size_t r = 0; r < out.rows(); ++r)
    for (std::size_t c = 0; c < out.cols(); ++c) {
      const auto row = to.row - from.row + static_cast<std::int64_t>(r);
      const auto col = to.col - from.col + static_cast<std::int64_t>(c);
      if (row >= 0 && col >= 0 && row < static_cast<std::int64_t>(image.rows()) &&
          col < static_cast<std::int64_t>(image.cols()))
        out(r, c) = image(static_cast<std::size_t>(row), static_cast<std::size_t>(col));
    }
  return out;
}

ptycho::Extent extent_of(const ptycho::Snapshot& shot) {
  return {std::llround(shot.centre.y_m / shot.pixel_m - static_cast<double>(shot.object.rows()) / 2),
          std::llround(shot.centre.x_m / shot.pixel_m - static_cast<double>(shot.object.cols()) / 2),
          shot.object.shape()};
}

class SecondPass {
 public:
  explicit SecondPass(std::uint64_t seed) {
    sample_.field = 64;
    sample_.seed = seed;
    slices_ = synth::make_two_slices(sample_);
    series_.emplace(synth::two_slice_experiment(sample_, slices_));
    options_.engine.threads = 1;
    options_.slices = 2;
    options_.slice_spacing_m = slices_.spacing_m;
    options_.probe_model = "zoneplate";
    const auto& plate = series_->options().zone_plate;
    options_.outer_zone_width_m = plate.outer_zone_width_m;
    options_.defocus_m = 1.1 * plate.defocus_m;  // the optics are known to a tenth
  }

  ptycho::Reconstruction started() const {
    check_before_start(options_);
    ptycho::Reconstruction out(std::move(set_up(options_, series_->info()).value()));
    for (FrameId id = 0; id < series_->count(); ++id) {
      const Frame frame = series_->frame(id);
      EXPECT_TRUE(out.add_frame(id, {frame.payload.span(), frame.shape, frame.dtype}, *frame.position));
    }
    return out;
  }

  /// What the first pass left becomes the start, the fluorescence map the guess of the second slice.
  void hand_over(const ptycho::Snapshot& shot) {
    write_product_of(scratch_ / "", {.info = series_->info(), .snapshot = shot});
    options_.start_from = scratch_ / "product.h5";
    const auto rows = static_cast<std::int64_t>(slices_.downstream.rows() / 2),
               cols = static_cast<std::int64_t>(slices_.downstream.cols() / 2);
    image::write_tiff(scratch_ / "oxide.tiff",
                      placed(slices_.downstream_fluorescence,
                             {-rows, -cols, slices_.downstream_fluorescence.shape()}, extent_of(shot), 0.0F));
    options_.slice_guesses = {"2:" + (scratch_ / "oxide.tiff").string()};
  }

  std::vector<double> errors(const ptycho::Snapshot& shot) const {
    const auto& truth = series_->truth();
    const float brightest = *std::max_element(shot.coverage.pixels().begin(), shot.coverage.pixels().end());
    quality::Mask mask(shot.coverage.shape());
    for (std::size_t i = 0; i < mask.size(); ++i) mask.data()[i] = shot.coverage.data()[i] > 0.3F * brightest;
    std::vector<double> out;
    for (std::size_t l = 0; l < shot.slices.size(); ++l)
      out.push_back(quality::compare(shot.slices[l],
                                     placed(truth.slices[l], truth.extent, extent_of(shot), Complex(1)), mask,
                                     0, quality::Shift::none)
                        .object_error);
    return out;
  }

 private:
  test::Scratch scratch_;
  synth::TwoSliceOptions sample_;
  synth::TwoSlices slices_;
  std::optional<synth::Simulator> series_;
  SolverOptions options_;
};

void run(ptycho::Reconstruction& reconstruction, int epochs) {
  for (int epoch = 0; epoch < epochs; ++epoch)
    ASSERT_EQ(reconstruction.run_epoch().status, ptycho::RunStatus::ok);
}

bool full() {
  const char* text = std::getenv("PTERO_FULL");
  return text != nullptr && std::string(text) == "1";
}

// The control is the first pass, continued for as many epochs.
TEST(SecondPass, WithAFluorescenceMapOfASliceItBeatsTheFirstPassContinued) {
  constexpr int epochs = 30;
  for (std::uint64_t seed = 1; seed <= (full() ? 5 : 2); ++seed) {
    SecondPass pass(seed);
    auto first = pass.started();
    run(first, epochs);
    pass.hand_over(first.snapshot());
    run(first, epochs);
    auto second = pass.started();
    run(second, epochs);
    const auto control = pass.errors(first.snapshot()), end = pass.errors(second.snapshot());
    for (std::size_t l = 0; l < 2; ++l) {
      if (std::getenv("PTERO_KEEP") != nullptr)
        std::printf("seed %d slice %zu: continued %.4f, second pass %.4f\n", static_cast<int>(seed), l + 1,
                    control[l], end[l]);
      EXPECT_LT(end[l], 0.7 * control[l]) << "seed " << seed << ", slice " << l + 1;
    }
  }
}

}  // namespace
}  // namespace ptero::scan
