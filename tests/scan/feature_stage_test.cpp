#include <gtest/gtest.h>

#include <numeric>
#include <ptero/scan/feature_stage.hpp>
#include <random>

namespace ptero::scan {
namespace {

SeriesInfo info(std::optional<std::uint64_t> n = 100) {
  return {.uid = "s", .n_expected = n, .frame_shape = {16, 16}, .dtype = Dtype::u16};
}

/// A spot at (row, col) on nothing.
Frame spot(FrameId id, std::size_t row, std::size_t col) {
  std::vector<std::uint16_t> pixels(256);
  pixels[row * 16 + col] = 100;
  return {.id = id, .shape = {16, 16}, .dtype = Dtype::u16, .payload = Bytes::take(std::move(pixels))};
}

TEST(FeatureStage, AGivenCentreLetsEveryFrameThroughAtOnce) {
  MethodOptions method;
  method.centre = roi::PatternCentre{8, 8};
  FeatureStage stage(info(), method);
  const auto outcome = stage.take(spot(0, 9, 9), 42);
  ASSERT_EQ(outcome.items.size(), 1u);
  EXPECT_EQ(outcome.items[0].ticket, 42u);
  EXPECT_EQ(outcome.items[0].record.features.segments.size(), 8u);
}

TEST(FeatureStage, OneSegmentNeedsNoCentre) {
  MethodOptions method;
  method.roi.segments = 1;
  FeatureStage stage(info(), method);
  EXPECT_EQ(stage.take(spot(0, 9, 9), 0).items.size(), 1u);
}

TEST(FeatureStage, TheCentreFoundDoesNotDependOnTheOrderOfArrival) {
  std::vector<FrameId> ids(60);
  std::iota(ids.begin(), ids.end(), 0);
  std::optional<roi::PatternCentre> first;
  for (unsigned seed = 0; seed < 5; ++seed) {
    std::mt19937 random(seed);
    // Within a window: an id is late by a few, not by the whole scan.
    for (std::size_t i = 0; i + 10 < ids.size(); i += 10)
      std::shuffle(ids.begin() + i, ids.begin() + i + 10, random);
    FeatureStage stage(info(60), {});
    std::size_t came = 0;
    for (FrameId id : ids) came += stage.take(spot(id, 4 + id % 5, 6 + id % 3), id).items.size();
    came += stage.finish().size();
    EXPECT_EQ(came, 60u);
    ASSERT_TRUE(stage.centre());
    if (!first) first = stage.centre();
    EXPECT_EQ(stage.centre()->row, first->row);
    EXPECT_EQ(stage.centre()->col, first->col);
  }
}

TEST(FeatureStage, ALostFirstFrameDoesNotHoldUpTheRestForEver) {
  FeatureStage stage(info(1000), {});
  std::size_t came = 0;
  for (FrameId id = 1; id <= FeatureStage::patience; ++id)
    came += stage.take(spot(id, 8, 8), id).items.size();
  EXPECT_EQ(came, FeatureStage::patience);
}

TEST(FeatureStage, AShortSeriesIsDoneAtItsEnd) {
  FeatureStage stage(info(std::nullopt), {});
  for (FrameId id = 0; id < 5; ++id) EXPECT_TRUE(stage.take(spot(id, 8, 8), id).items.empty());
  EXPECT_EQ(stage.finish().size(), 5u);
}

TEST(FeatureStage, ABadPayloadIsAFaultAndNoFrame) {
  FeatureStage stage(info(), {});
  Frame frame = spot(0, 8, 8);
  frame.codec = Codec::bslz4;
  EXPECT_TRUE(stage.take(frame, 0).fault);
}

}  // namespace
}  // namespace ptero::scan
