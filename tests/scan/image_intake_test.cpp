#include <gtest/gtest.h>

#include <cstring>

#include <ptero/scan/image_job.hpp>
#include <ptero/scan/summary.hpp>
#include <ptero/synth/simulator.hpp>

namespace ptero::scan {
namespace {

/// 6 x 8 patterns of 32 x 32, whose positions are their own.
class Intake : public testing::Test {
 protected:
  static synth::Simulator make() {
    synth::SimulatorOptions options;
    options.grid = {6, 8, 0.2e-6, 0.2e-6, ScanOrder::raster};
    options.pattern = 32;
    options.zone_plate.outer_zone_width_m = 140e-9;
    return synth::Simulator(options);
  }
  Intake() {
    info_.raster.reset();
    options_.epochs = 1;
    options_.engine.threads = 1;
    options_.frc_epochs = 0;
  }
  Frame at(FrameId id, Position place) const {
    Frame frame = series_.frame(id);
    frame.position = place;
    return frame;
  }
  static std::string sentence(const ImageJob& job, const std::string& code) {
    for (const auto& warning : job.warnings())
      if (warning.code == code) return warning.sentence;
    return {};
  }

  static constexpr FrameId frames = 48;
  synth::Simulator series_ = make();
  SeriesInfo info_ = series_.info();
  SolverOptions options_;
};

TEST_F(Intake, HoldsTheFirstFramesUntilTheirPlacesShowWhereTheScanLies) {
  ImageJob job(info_, options_, 1);
  for (FrameId id = 0; id + 1 < PositionBulk::enough; ++id) job.take(series_.frame(id));
  EXPECT_EQ(job.frames(), 0u);
  EXPECT_EQ(job.use().waiting, PositionBulk::enough - 1);
  job.take(series_.frame(PositionBulk::enough - 1));
  EXPECT_EQ(job.frames(), PositionBulk::enough);
  EXPECT_EQ(job.use().waiting, 0u);
}

TEST_F(Intake, WhatIsKnownBeforeHoldsNothingBack) {
  ImageJob job(info_, options_, 1);
  std::map<FrameId, Position> places;
  for (FrameId id = 0; id < frames; ++id) places[id] = *series_.frame(id).position;
  places[0] = {1, 1};
  job.expect(places);
  EXPECT_EQ(job.use().waiting, frames);
  EXPECT_EQ(job.take(at(0, {1, 1})), LeftOut::outlying_position);
  EXPECT_EQ(job.take(series_.frame(1)), std::nullopt);
  EXPECT_EQ(job.frames(), 1u);
}

TEST_F(Intake, AnOutlierGoesInOnceOthersLieThere) {
  ImageJob job(info_, options_, 1);
  for (FrameId id = 0; id < 30; ++id) job.take(series_.frame(id));
  const auto away = [&](FrameId id) {
    Position place = *series_.frame(id).position;
    place.x_m += 30e-6;
    return at(id, place);
  };
  EXPECT_EQ(job.take(away(30)), LeftOut::outlying_position);
  EXPECT_FALSE(sentence(job, "outlying_position").empty());
  for (FrameId id = 31; id < frames; ++id) job.take(away(id));
  EXPECT_EQ(job.use().in_image, frames);
  EXPECT_TRUE(job.warnings().empty());
}

TEST_F(Intake, AnObjectTooLargeIsNotTakenAndTheSentenceNamesThePositionsFurthestApart) {
  ImageJob job(info_, options_, 1);
  for (FrameId id = 0; id < frames; ++id) {
    Position place = *series_.frame(id).position;
    // Two regions of a size, so that neither is an outlier.
    if (id % 2 == 1) place = {place.x_m + 1e-2, place.y_m + 1e-2};
    job.take(at(id, place));
  }
  job.finalise();
  EXPECT_EQ(job.use().in_image, frames / 2);
  EXPECT_EQ(job.use()[LeftOut::outlying_position], frames / 2);
  const auto said = sentence(job, "object_too_large");
  EXPECT_NE(said.find("are 14.1 mm apart"), std::string::npos) << said;
  EXPECT_NE(said.find("GB"), std::string::npos) << said;
}

TEST_F(Intake, CountsSumToTheSelectedFrames) {
  info_.mask.assign(info_.frame_shape.count(), 0);
  ImageJob job(info_, options_, 1);
  for (FrameId id = 0; id < frames; ++id) {
    Frame frame = series_.frame(id);
    if (id == 3) frame.position.reset();
    if (id == 4) frame.payload = Bytes::take(std::vector<std::byte>(frame.decoded_bytes()));
    if (id == 5) frame.payload = Bytes::take(std::vector<std::byte>(frame.decoded_bytes(), std::byte{0xFF}));
    if (id == 6) frame.shape = {16, 64};
    if (id == 7) frame.codec = Codec::lz4;
    job.take(frame);
  }
  job.finalise();
  const auto use = job.use();
  EXPECT_EQ(use.selected(), frames);
  EXPECT_EQ(use.in_image, frames - 5);
  EXPECT_EQ(use[LeftOut::no_position], 1u);
  EXPECT_EQ(use[LeftOut::zero], 1u);
  EXPECT_EQ(use[LeftOut::saturated], 1u);
  EXPECT_EQ(use[LeftOut::another_size], 1u);
  EXPECT_EQ(use[LeftOut::unreadable], 1u);
  job.remove(std::vector<FrameId>{3, 10});
  EXPECT_EQ(job.use().selected(), frames - 2);
  EXPECT_EQ(job.use().in_image, frames - 6);
}

TEST_F(Intake, WhereEveryPixelIsMaskedThereIsNoImageAndAReason) {
  info_.mask.assign(info_.frame_shape.count(), 1);
  ImageJob job(info_, options_, 1);
  for (FrameId id = 0; id < frames; ++id) job.take(series_.frame(id));
  job.finalise();
  EXPECT_TRUE(job.done());
  EXPECT_EQ(job.use()[LeftOut::no_pixels], frames);
  const auto finished = job.finish();
  EXPECT_EQ(finished.problem, "none of the 48 selected frames can be used: 48 no usable pixels");
  const auto failure = why_failed(reconstruction_report(options_, finished));
  ASSERT_TRUE(failure);
  EXPECT_EQ(*failure, "there is no image: " + finished.problem);
}

TEST_F(Intake, FlagsOfANarrowerTypeUnderTheMaskAreNoCounts) {
  info_.dtype = Dtype::u32;
  info_.mask.assign(info_.frame_shape.count(), 0);
  std::fill_n(info_.mask.begin(), info_.frame_shape.cols, 1);
  const auto warning_with = [&](std::uint32_t masked) {
    ImageJob job(info_, options_, 1);
    for (FrameId id = 0; id < frames; ++id) {
      Frame frame = series_.frame(id);
      std::vector<std::byte> wide(info_.frame_shape.count() * sizeof(std::uint32_t));
      with_dtype(frame.dtype, [&]<class T>(T) {
        for (std::size_t i = 0; i < info_.mask.size(); ++i) {
          T value;
          std::memcpy(&value, frame.payload.data() + i * sizeof(T), sizeof(T));
          const auto pixel = info_.mask[i] != 0 ? masked : static_cast<std::uint32_t>(value);
          std::memcpy(wide.data() + i * sizeof(pixel), &pixel, sizeof(pixel));
        }
      });
      frame.payload = Bytes::take(std::move(wide));
      frame.dtype = Dtype::u32;
      job.take(frame);
    }
    job.finalise();
    return sentence(job, "masked_counts");
  };
  EXPECT_EQ(warning_with(65535), "");
  EXPECT_EQ(warning_with(65534), "");
  EXPECT_NE(warning_with(65533), "");
}

TEST_F(Intake, AnImageOfLessThanHalfOfTheFramesIsAFailure) {
  const auto failure_with = [&](FrameId without) {
    ImageJob job(info_, options_, 1);
    for (FrameId id = 0; id < frames; ++id) {
      Frame frame = series_.frame(id);
      if (id < without) frame.position.reset();
      job.take(frame);
    }
    job.finalise();
    while (job.can_run()) job.run();
    return why_failed(reconstruction_report(options_, job.finish()));
  };
  EXPECT_EQ(failure_with(24), std::nullopt);
  EXPECT_EQ(failure_with(25), "only 23 of 48 selected frames are in the image (25 no position)");
}

TEST_F(Intake, SwitchedOffNothingFails) {
  options_.enabled = false;
  ImageJob job(info_, options_, 1);
  job.take(series_.frame(0));
  job.finalise();
  EXPECT_EQ(why_failed(reconstruction_report(options_, job.finish())), std::nullopt);
}

}  // namespace
}  // namespace ptero::scan
