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

/// Counts of 1 but for the marks that a gap carries, and one pixel that holds such a number once.
template <class T>
Frame with_marks(FrameId id, Dtype dtype, std::vector<T> marks) {
  std::vector<T> pixels(256, T{1});
  for (std::size_t i = 0; i < marks.size(); ++i) pixels[17 + i] = marks[i];
  if (id == 3) pixels[200] = T{65535};
  return {.id = id, .shape = {16, 16}, .dtype = dtype, .payload = Bytes::take(std::move(pixels))};
}

template <class T>
void expect_marks_masked(Dtype dtype, const std::vector<T>& marks) {
  for (const int segments : {1, 8}) {
    SeriesInfo series = info();
    series.dtype = dtype;
    MethodOptions method;
    method.roi.segments = segments;
    method.centre = roi::PatternCentre{7.5, 7.5};
    FeatureStage stage(series, method);
    std::vector<FeatureStage::Item> items;
    for (FrameId id = 0; id < 10; ++id)
      for (auto& item : stage.take(with_marks(id, dtype, marks), id).items) items.push_back(std::move(item));
    ASSERT_EQ(items.size(), 10u);
    ASSERT_EQ(stage.marked().size(), marks.size());
    for (const auto& item : items)
      EXPECT_EQ(item.record.features.whole.total,
                256.0 - static_cast<double>(marks.size()) + (item.record.id == 3 ? 65534 : 0));
    // A restart goes on with the same pixels.
    FeatureStage again(series, method);
    again.resume(stage.marked(), *stage.centre());
    const auto next = again.take(with_marks(FrameId{11}, dtype, marks), 11);
    ASSERT_EQ(next.items.size(), 1u);
    EXPECT_EQ(next.items[0].record.features.whole.total, 256.0 - static_cast<double>(marks.size()));
  }
}

TEST(FeatureStage, MarksOfNarrowerTypesAndNumbersBelowZeroAreMaskedInWiderOnes) {
  const auto below_zero = [](std::int32_t value) { return static_cast<std::uint32_t>(value); };
  expect_marks_masked<std::uint32_t>(Dtype::u32, {65535, 65534, below_zero(-3), below_zero(-1)});
  expect_marks_masked<float>(Dtype::f32, {65535, 65534, -1, -2, -1});
}

TEST(FeatureStage, NoiseBelowZeroIsNoMark) {
  SeriesInfo series = info();
  series.dtype = Dtype::f32;
  MethodOptions method;
  method.roi.segments = 1;
  FeatureStage stage(series, method);
  std::mt19937 random(1);
  std::normal_distribution<float> noise(0, 1);
  double sum = 0;
  std::vector<FeatureStage::Item> items;
  for (FrameId id = 0; id < 8; ++id) {
    std::vector<float> pixels(256);
    for (float& p : pixels) sum += p = 2 + noise(random);
    for (auto& item : stage
                          .take({.id = id,
                     .shape = {16, 16},
                     .dtype = Dtype::f32,
                     .payload = Bytes::take(std::move(pixels))},
                                id)
                          .items)
      items.push_back(std::move(item));
  }
  EXPECT_TRUE(stage.marked().empty());
  double total = 0;
  for (const auto& item : items) total += item.record.features.whole.total;
  EXPECT_NEAR(total, sum, 1e-6 * sum);
}

TEST(FeatureStage, ABadPayloadIsAFaultAndNoFrame) {
  FeatureStage stage(info(), {});
  Frame frame = spot(0, 8, 8);
  frame.codec = Codec::bslz4;
  EXPECT_TRUE(stage.take(frame, 0).fault);
}

}  // namespace
}  // namespace ptero::scan
