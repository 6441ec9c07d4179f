#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <limits>
#include <numeric>
#include <ptero/codec/codec.hpp>
#include <ptero/product/product.hpp>

#include <series_job.hpp>

#include "reconstructor/small_series.hpp"
#include "support/scratch.hpp"

namespace ptero::reconstructor {
namespace {

scan::SolverOptions solver(std::size_t epochs) {
  scan::SolverOptions options;
  options.epochs = epochs;
  options.engine.threads = 1;
  return options;
}

class Job : public testing::Test {
 protected:
  void take_all(SeriesJob& job) {
    for (FrameId id = 0; id < frames; ++id) ASSERT_EQ(job.take(series_.frame(id), 100 + id), std::nullopt);
  }
  static void make_final(SeriesJob& job) { job.revise({.series_uid = "small", .final = true}); }
  /// Iterates while there is something to do; gives up after so many batches.
  static void run(SeriesJob& job, int batches = 1000) {
    while (job.can_run() && --batches >= 0) job.run();
  }

  static constexpr FrameId frames = 30;
  synth::Simulator series_ = small_series();
};

TEST_F(Job, EndsAfterItsEpochs) {
  const auto options = solver(3);
  SeriesJob job(series_.info(), options, 1);
  take_all(job);
  EXPECT_EQ(job.frames(), frames);
  EXPECT_EQ(job.newest_arrival_ns(), 100 + 29);
  for (int i = 0; i < 20; ++i) job.run();
  EXPECT_FALSE(job.done()) << "frames may still come";
  const auto before = job.snapshot().epochs;
  make_final(job);
  run(job);
  EXPECT_TRUE(job.done());
  EXPECT_FALSE(job.can_run());
  const auto finished = job.finish();
  EXPECT_EQ(finished.snapshot.epochs, before + 3);
  EXPECT_EQ(finished.problem, "");
  EXPECT_EQ(finished.positions.size(), frames);
  EXPECT_GT(job.patterns_run(), 3 * frames);
}

TEST_F(Job, WaitsForEnoughFramesOrTheLast) {
  const auto options = solver(1);
  SeriesJob job(series_.info(), options, 16);
  job.take(series_.frame(0), 0);
  EXPECT_FALSE(job.can_run());
  make_final(job);
  EXPECT_TRUE(job.can_run());
}

TEST_F(Job, FinishesEarlyAfterOnePassOverTheFinalSelection) {
  const auto options = solver(1000);
  SeriesJob job(series_.info(), options, 1);
  take_all(job);
  job.finish_early();
  for (int i = 0; i < 50; ++i) job.run();
  EXPECT_FALSE(job.done()) << "the selection is not final";
  const auto before = job.snapshot().epochs;
  make_final(job);
  run(job);
  EXPECT_TRUE(job.done());
  const auto finished = job.finish();
  EXPECT_EQ(finished.snapshot.epochs, before + 1);
  EXPECT_EQ(finished.problem, "stopped after 1 of 1000 passes over all frames");
}

TEST_F(Job, BegunAnewItTakesAllItsEpochsAgain) {
  const auto options = solver(3);
  SeriesJob job(series_.info(), options, 1);
  take_all(job);
  make_final(job);
  for (int i = 0; i < 20 && job.epochs() < 2; ++i) job.run();
  job.restart();
  EXPECT_EQ(job.epochs(), 0u);
  EXPECT_EQ(job.frames(), frames);
  EXPECT_FALSE(job.done());
  run(job);
  const auto finished = job.finish();
  EXPECT_EQ(finished.problem, "");
  EXPECT_EQ(finished.snapshot.epochs, 3u);
  EXPECT_EQ(finished.snapshot.errors.size(), 3u);
}

TEST_F(Job, EndedWithoutItsFinalRevisionSaysSoAndKeepsTheImage) {
  const auto options = solver(3);
  SeriesJob job(series_.info(), options, 1);
  take_all(job);
  run(job, 20);
  const auto finished = job.finish();
  EXPECT_EQ(finished.problem, "ended before the selection was final");
  EXPECT_EQ(finished.snapshot.frames, frames);
  EXPECT_FALSE(finished.snapshot.object.empty());
}

TEST_F(Job, FramesTakenBackLeave) {
  const auto options = solver(1);
  SeriesJob job(series_.info(), options, 1);
  take_all(job);
  job.revise({.series_uid = "small", .removed = {3, 4, 999}});
  EXPECT_EQ(job.frames(), frames - 2);
  make_final(job);
  run(job);
  const auto finished = job.finish();
  EXPECT_EQ(finished.snapshot.frames, frames - 2);
  EXPECT_FALSE(finished.positions.contains(3));
  EXPECT_TRUE(finished.positions.contains(5));
}

TEST_F(Job, NoFrameSelectedSaysSo) {
  const auto options = solver(3);
  SeriesJob job(series_.info(), options, 1);
  EXPECT_FALSE(job.done());
  make_final(job);
  EXPECT_TRUE(job.done());
  EXPECT_FALSE(job.can_run());
  EXPECT_EQ(job.finish().problem, "no frame was selected");
  EXPECT_TRUE(job.finish().snapshot.object.empty());
}

TEST_F(Job, WithoutGeometryThereIsNoImageAndAReason) {
  auto info = series_.info();
  info.wavelength_m = 0;
  const auto options = solver(3);
  SeriesJob job(info, options, 1);
  EXPECT_EQ(job.take(series_.frame(0), 1), std::nullopt);
  EXPECT_FALSE(job.can_run());
  make_final(job);
  EXPECT_TRUE(job.done());
  EXPECT_NE(job.finish().problem.find("size of an object pixel is not known"), std::string::npos);
}

TEST_F(Job, SwitchedOffIsDoneWithTheSeries) {
  auto options = solver(3);
  options.enabled = false;
  SeriesJob job(series_.info(), options, 1);
  EXPECT_EQ(job.take(series_.frame(0), 1), std::nullopt);
  EXPECT_FALSE(job.can_run());
  make_final(job);
  EXPECT_TRUE(job.done());
  EXPECT_EQ(job.finish().problem, "switched off");
}

/// Marks the brightest part of a pattern as saturated, as a detector does.
Frame saturated(Frame frame, std::uint16_t flag) {
  std::vector<std::uint16_t> pixels(frame.shape.count());
  std::memcpy(pixels.data(), frame.payload.data(), frame.payload.size());
  for (std::size_t r = 12; r < 15; ++r)
    for (std::size_t c = 12; c < 15; ++c) pixels[r * frame.shape.cols + c] = flag;
  frame.payload = Bytes::take(std::move(pixels));
  return frame;
}

TEST_F(Job, SaturatedPixelsAreNoMeasurement) {
  const auto options = solver(12);
  const auto errors_with = [&](std::uint16_t flag, bool mask) {
    auto info = series_.info();
    if (mask) {
      info.mask.assign(info.frame_shape.count(), 0);
      for (std::size_t r = 12; r < 15; ++r)
        for (std::size_t c = 12; c < 15; ++c) info.mask[r * info.frame_shape.cols + c] = 1;
    }
    SeriesJob job(info, options, 1);
    for (FrameId id = 0; id < frames; ++id)
      EXPECT_EQ(job.take(saturated(series_.frame(id), flag), 1), std::nullopt);
    make_final(job);
    run(job);
    EXPECT_EQ(job.finish().problem, "");
    return job.finish().snapshot.errors;
  };
  const auto flagged = errors_with(0xFFFE, false);
  // Whatever stands in a flagged pixel, it is as if the pixel were masked.
  EXPECT_EQ(flagged, errors_with(0xFFFF, false));
  EXPECT_EQ(flagged, errors_with(1234, true));
  EXPECT_NE(flagged, errors_with(0xFFFD, false)) << "one below the flags is a count";
}

TEST_F(Job, AFrameOfSaturatedPixelsAloneIsRefusedAsThat) {
  const auto options = solver(3);
  SeriesJob job(series_.info(), options, 1);
  make_final(job);
  for (const std::uint16_t flag : {0xFFFE, 0xFFFF}) {
    Frame frame = series_.frame(0);
    frame.payload = Bytes::take(std::vector<std::uint16_t>(frame.shape.count(), flag));
    EXPECT_EQ(job.take(frame, 1), LeftOut::saturated);
    EXPECT_EQ(job.left_out(), (std::map<FrameId, LeftOut>{{frame.id, LeftOut::saturated}}));
  }
  EXPECT_EQ(job.frames(), 0u);
  job.revise({.series_uid = "small", .revision = 1, .removed = {0}});
  EXPECT_TRUE(job.left_out().empty()) << "it is not of the set any more";
}

TEST_F(Job, AProbeOfAnotherSizeIsAProblemInOneSentence) {
  test::Scratch scratch;
  product::Product product;
  product.object = {Image<std::complex<float>>({40, 40}, 1)};
  product.probe = {Image<std::complex<float>>({24, 24}, 1)};
  product::write_product(scratch / "probe.h5", product);
  auto options = solver(3);
  options.probe = (scratch / "probe.h5").string();
  SeriesJob job(series_.info(), options, 1);
  EXPECT_NE(job.problem().find("probe.h5 does not fit the patterns"), std::string::npos) << job.problem();
  EXPECT_NE(job.problem().find("24 x 24"), std::string::npos) << job.problem();
  EXPECT_NE(job.problem().find("32 x 32"), std::string::npos) << job.problem();
  EXPECT_EQ(job.problem().find('\n'), std::string::npos);
  EXPECT_EQ(job.take(series_.frame(0), 1), std::nullopt);
  EXPECT_FALSE(job.can_run());
  make_final(job);
  EXPECT_TRUE(job.done());
  EXPECT_EQ(job.finish().problem, job.problem());
}

TEST_F(Job, WhatTheSolverCannotDoIsAProblemInOneSentence) {
  const auto problem_of = [&](scan::SolverOptions options,
                              const std::function<void(SeriesInfo&)>& spoil = {}) {
    auto info = series_.info();
    if (spoil) spoil(info);
    return SeriesJob(info, options, 1).problem();
  };
  const auto without_wavelength = [](SeriesInfo& info) {
    info.wavelength_m = 0;
    info.object_pixel_m = 1e-8;
  };
  EXPECT_EQ(problem_of(solver(3)), "");
  auto sliced = solver(3);
  sliced.slices = 2;
  EXPECT_NE(problem_of(sliced).find("distance: give --slice-spacing"), std::string::npos);
  sliced.slice_spacing_m = 1e-6;
  EXPECT_EQ(problem_of(sliced), "");
  EXPECT_NE(problem_of(sliced, without_wavelength).find("slices need the wavelength"), std::string::npos);
  auto defocused = solver(3);
  defocused.defocus_m = 1e-4;
  EXPECT_NE(problem_of(defocused, without_wavelength).find("needs the wavelength"), std::string::npos);
  auto tiny = solver(3);
  tiny.engine.intake.n = 4;
  EXPECT_NE(problem_of(tiny).find("smaller than 8 pixels"), std::string::npos);
}

TEST_F(Job, LeavesFramesOutWithAReason) {
  const auto options = solver(3);
  auto info = series_.info();
  info.raster.reset();
  SeriesJob job(info, options, 1);
  make_final(job);
  const Frame good = series_.frame(0);
  ASSERT_TRUE(good.position);

  Frame nowhere = good;
  nowhere.position.reset();
  EXPECT_EQ(job.take(nowhere, 1), LeftOut::no_position);

  Frame cut = good;
  cut.codec = Codec::bslz4;
  EXPECT_EQ(job.take(cut, 1), LeftOut::unreadable);

  Frame lost = good;
  lost.position = Position{std::numeric_limits<double>::quiet_NaN(), 0};
  EXPECT_EQ(job.take(lost, 1), LeftOut::not_finite);

  Frame dark = good;
  dark.payload = Bytes::take(std::vector<std::byte>(good.decoded_bytes()));
  EXPECT_EQ(job.take(dark, 1), LeftOut::zero);

  EXPECT_EQ(job.frames(), 0u);
  EXPECT_EQ(job.take(good, 1), std::nullopt);
  EXPECT_EQ(job.take(good, 1), std::nullopt) << "it is there";
  Frame small = series_.frame(1);
  small.shape = {16, 16};
  small.payload = Bytes::take(std::vector<std::uint16_t>(256, 9));
  EXPECT_EQ(job.take(small, 1), LeftOut::another_size);
  EXPECT_EQ(job.frames(), 1u);
  EXPECT_EQ(job.finish().positions.size(), 1u);
  EXPECT_EQ(job.use().selected(), 2u) << "frames 0 and 1";
  EXPECT_EQ(job.use()[LeftOut::another_size], 1u);
}

TEST_F(Job, FramesThatWereAnnouncedWaitUntilTheyCome) {
  const auto options = solver(1);
  SeriesJob job(series_.info(), options, 1);
  std::vector<FrameId> all(frames);
  std::iota(all.begin(), all.end(), FrameId{0});
  job.revise({.series_uid = "small", .revision = 1, .added = all});
  EXPECT_EQ(job.use().waiting, frames);
  for (FrameId id = 0; id < 20; ++id) job.take(series_.frame(id), 1);
  EXPECT_EQ(job.use().in_image, 20u);
  EXPECT_EQ(job.use().waiting, 10u);
  job.revise({.series_uid = "small", .revision = 2, .removed = {0, 29}});
  EXPECT_EQ(job.use().in_image, 19u);
  EXPECT_EQ(job.use().selected(), frames - 2);
}

/// The first sample of a stage's controller may be left over from an earlier run.
TEST_F(Job, AnOutlierDoesNotPlaceTheObjectWhereverItStands) {
  const auto options = solver(2);
  auto info = series_.info();
  info.raster.reset();
  for (const FrameId wrong : {FrameId{0}, FrameId{17}, FrameId{29}})
    for (const double far_m : {1e-3, 1e-2, 3.8}) {
      SeriesJob job(info, options, 1);
      for (FrameId id = 0; id < frames; ++id) {
        Frame frame = series_.frame(id);
        if (id == wrong) frame.position = Position{far_m, -far_m};
        job.take(frame, 1);
      }
      make_final(job);
      run(job);
      EXPECT_EQ(job.use().in_image, frames - 1) << wrong << " at " << far_m;
      EXPECT_EQ(job.left_out(), (std::map<FrameId, LeftOut>{{wrong, LeftOut::outlying_position}}));
      const auto finished = job.finish();
      EXPECT_EQ(finished.problem, "");
      EXPECT_LT(finished.snapshot.object.rows(), 1000u);
      ASSERT_EQ(finished.warnings.size(), 1u);
      EXPECT_EQ(finished.warnings[0].code, "outlying_position");
      EXPECT_NE(finished.warnings[0].sentence.find("frame " + std::to_string(wrong) + " "), std::string::npos)
          << finished.warnings[0].sentence;
    }
}

}  // namespace
}  // namespace ptero::reconstructor
