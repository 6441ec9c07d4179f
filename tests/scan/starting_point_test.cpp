#include <gtest/gtest.h>

#include <functional>
#include <ptero/core/error.hpp>
#include <ptero/image/tiff.hpp>
#include <ptero/product/product.hpp>
#include <ptero/scan/reconstruction_outputs.hpp>
#include <ptero/synth/two_slice.hpp>

#include "support/scratch.hpp"

namespace ptero::scan {
namespace {

using ptycho::Complex;

/// A little scan of two slices, and what an earlier run left of it.
class StartingPoint : public testing::Test {
 protected:
  StartingPoint() {
    sample_.field = 32;
    sample_.pattern = 32;
    sample_.step_px = 8;
    slices_ = synth::make_two_slices(sample_);
    series_.emplace(synth::two_slice_experiment(sample_, slices_));
    info_ = series_->info();
    options_.engine.threads = 1;
    options_.slices = 2;
    options_.slice_spacing_m = slices_.spacing_m;
    options_.start_from = scratch_ / "product.h5";
  }

  ptycho::Reconstruction started(const SolverOptions& options) const {
    auto set_up_options = set_up(options, info_);
    if (!set_up_options) throw InputError(set_up_options.reason(), "");
    ptycho::Reconstruction out(std::move(set_up_options.value()));
    for (FrameId id = 0; id < series_->count(); ++id) {
      const Frame frame = series_->frame(id);
      EXPECT_TRUE(out.add_frame(id, {frame.payload.span(), frame.shape, frame.dtype}, *frame.position));
    }
    return out;
  }

  /// Writes the product of some epochs from nothing.
  ptycho::Snapshot first_run(std::size_t slices, std::size_t epochs = 4) {
    SolverOptions options = options_;
    options.start_from.clear();
    options.slices = slices;
    options.defocus_m = 100e-6;
    auto reconstruction = started(options);
    while (reconstruction.epochs() < epochs) reconstruction.run_epoch();
    Finished finished{.info = info_, .snapshot = reconstruction.snapshot(), .remove_ramp = false};
    write_product_of(options_.start_from.substr(0, options_.start_from.rfind('/')), finished);
    return finished.snapshot;
  }

  void change_product(const std::function<void(product::Product&)>& change) {
    auto product = product::read_product(options_.start_from);
    change(product);
    product::write_product(options_.start_from, product);
  }

  std::string refusal(const SolverOptions& options) const {
    try {
      check_before_start(options);
      (void)started(options);
    } catch (const InputError& error) {
      return error.what();
    }
    return "none";
  }

  test::Scratch scratch_;
  synth::TwoSliceOptions sample_;
  synth::TwoSlices slices_;
  std::optional<synth::Simulator> series_;
  SeriesInfo info_;
  SolverOptions options_;
};

TEST_F(StartingPoint, GoesOnFromObjectAndProbeOfAProduct) {
  const auto first = first_run(2);
  auto again = started(options_);
  const auto error = again.evaluate();
  const auto begin = again.snapshot();
  ASSERT_EQ(begin.slices.size(), 2U);
  ASSERT_EQ(begin.object.shape(), first.object.shape());
  EXPECT_EQ(begin.centre, first.centre);
  for (std::size_t l = 0; l < 2; ++l)
    for (std::size_t i = 0; i < first.object.size(); ++i)
      ASSERT_NEAR(std::abs(begin.slices[l].data()[i] - first.slices[l].data()[i]), 0, 1e-6) << l;
  SolverOptions fresh = options_;
  fresh.start_from.clear();
  EXPECT_LT(error, 0.5 * started(fresh).evaluate());
  EXPECT_NEAR(error / first.errors.back(), 1, 0.5);
}

TEST_F(StartingPoint, PlacesAreTakenFromTheSameSeriesOnly) {
  first_run(2);
  change_product([](product::Product& p) { p.positions[7].x_m += 20e-9; });
  const auto place = [&] {
    const auto reconstruction = started(options_);
    return reconstruction.snapshot().patterns[7].position.x_m;
  };
  const double told = series_->truth().positions[7].x_m;
  EXPECT_NEAR(place(), told + 20e-9, 1e-12);
  change_product([](product::Product& p) { p.name = "another"; });
  EXPECT_NEAR(place(), told, 1e-12);
}

TEST_F(StartingPoint, AGuessOfASliceMovesTheRestIntoTheOther) {
  const auto first = first_run(1);
  Image<float> guess(first.object.shape());
  for (std::size_t i = 0; i < guess.size(); ++i) guess.data()[i] = -0.001F * static_cast<float>(i % 400);
  image::write_tiff(scratch_ / "ni.tiff", guess);
  options_.slice_guesses = {"2:" + (scratch_ / "ni.tiff").string()};
  const auto begin = started(options_).snapshot();
  for (std::size_t i = 0; i < guess.size(); ++i) {
    ASSERT_NEAR(std::arg(begin.slices[1].data()[i]), guess.data()[i], 1e-5);
    ASSERT_NEAR(std::abs(begin.object.data()[i] - first.object.data()[i]), 0, 1e-5);
  }
  options_.slice_guesses = {"1:" + (scratch_ / "ni.tiff").string()};
  const auto other = started(options_).snapshot();
  for (std::size_t i = 0; i < guess.size(); ++i) {
    ASSERT_NEAR(std::arg(other.slices[0].data()[i]), guess.data()[i], 1e-5);
    ASSERT_NEAR(std::abs(other.object.data()[i] - first.object.data()[i]), 0, 1e-5);
  }
}

TEST_F(StartingPoint, SaysInOneSentenceWhatDoesNotFit) {
  first_run(2);
  const auto with = [&](auto change) {
    SolverOptions options = options_;
    change(options);
    return refusal(options);
  };
  EXPECT_EQ(with([](auto&) {}), "none");
  EXPECT_NE(with([](auto& o) { o.slices = 3; }).find("has 2 layers, the reconstruction 3"),
            std::string::npos);
  EXPECT_NE(with([](auto& o) { o.slices = 1; }).find("give --slices 2"), std::string::npos);
  EXPECT_NE(with([](auto& o) { o.slice_spacing_m *= 2; }).find("m apart"), std::string::npos);
  EXPECT_NE(with([](auto& o) { o.engine.intake.n = 16; }).find("m wide"), std::string::npos);
  EXPECT_NE(with([](auto& o) { o.start_from += "x"; }).find("product.h5x"), std::string::npos);
  change_product([](product::Product& p) { p.probe = {Image<Complex>(Shape{16, 16}, 1.0F)}; });
  EXPECT_NE(with([](auto&) {}).find("the probe of"), std::string::npos);
}

TEST_F(StartingPoint, SaysInOneSentenceWhyAGuessCannotBeUsed) {
  const auto first = first_run(2);
  image::write_tiff(scratch_ / "small.tiff", Image<float>(Shape{8, 9}));
  image::write_tiff(scratch_ / "right.tiff", Image<float>(first.object.shape()));
  Image<float> hole(first.object.shape());
  hole(3, 3) = std::nanf("");
  image::write_tiff(scratch_ / "hole.tiff", hole);
  const auto why = [&](std::vector<std::string> guesses) {
    SolverOptions options = options_;
    for (const auto& guess : guesses)
      options.slice_guesses.push_back(guess.substr(0, 2) + (scratch_ / guess.substr(2)).string());
    return refusal(options);
  };
  EXPECT_EQ(why({"2:right.tiff"}), "none");
  EXPECT_NE(why({"2:small.tiff"}).find("8 x 9"), std::string::npos);
  EXPECT_NE(why({"2:hole.tiff"}).find("not numbers"), std::string::npos);
  EXPECT_NE(why({"3:right.tiff"}).find("no slice 3"), std::string::npos);
  EXPECT_NE(why({"x:right.tiff"}).find("K:FILE.tiff"), std::string::npos);
  EXPECT_NE(why({"2:right.tiff", "2:right.tiff"}).find("two guesses"), std::string::npos);
  EXPECT_NE(why({"1:right.tiff", "2:right.tiff"}).find("every slice"), std::string::npos);
  options_.start_from.clear();
  EXPECT_NE(why({"2:right.tiff"}).find("--start-from"), std::string::npos);
}

}  // namespace
}  // namespace ptero::scan
