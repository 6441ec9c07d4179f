#include "preview.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace ptero::classifier {
namespace {

Frame frame_of(FrameId id, std::vector<std::uint16_t> pixels, Shape shape) {
  return {.id = id, .shape = shape, .dtype = Dtype::u16, .payload = Bytes::take(std::move(pixels))};
}

std::uint8_t at(const Bytes& picture, std::size_t i) {
  return std::to_integer<std::uint8_t>(picture.data()[i]);
}

TEST(Preview, ShowsCountsOnALogarithmicScaleAndFlagsApart) {
  Preview preview;
  auto info = std::make_shared<SeriesInfo>(
      SeriesInfo{.uid = "s", .frame_shape = {2, 3}, .dtype = Dtype::u16, .mask = {0, 1, 0, 0, 0, 0}});
  const auto event = preview.look_at(
      {.info = info, .frame = frame_of(7, {0, 500, 9, 99, 65535, 1}, {2, 3}), .saturated_frames = 3});
  ASSERT_TRUE(event);
  EXPECT_EQ(event->frame, 7u);
  EXPECT_EQ(event->shape, (Shape{2, 3}));
  EXPECT_EQ(event->max_counts, 99);  // the masked 500 and the flagged 65535 do not count
  EXPECT_EQ(at(event->newest, 0), 0);
  EXPECT_EQ(at(event->newest, 1), 255);
  EXPECT_EQ(at(event->newest, 2), 127);  // log 10 is half of log 100
  EXPECT_EQ(at(event->newest, 3), 254);
  EXPECT_EQ(at(event->newest, 4), 255);
  EXPECT_EQ(event->flagged_pixels, 1u);
  EXPECT_EQ(event->saturated_pixels, 1u);
  EXPECT_EQ(event->saturated_frames, 3u);
}

TEST(Preview, WhatIsFlaggedInEveryFrameIsAGap) {
  Preview preview;
  auto info =
      std::make_shared<SeriesInfo>(SeriesInfo{.uid = "s", .frame_shape = {1, 2}, .dtype = Dtype::u16});
  const auto event =
      preview.look_at({.info = info, .frame = frame_of(0, {65535, 3}, {1, 2}), .least_flagged = 1});
  ASSERT_TRUE(event);
  EXPECT_EQ(event->flagged_pixels, 1u);
  EXPECT_EQ(event->saturated_pixels, 0u);
}

TEST(Preview, AveragesOneSeriesAndBeginsAnewWithTheNext) {
  Preview preview;
  auto info =
      std::make_shared<SeriesInfo>(SeriesInfo{.uid = "s", .frame_shape = {1, 2}, .dtype = Dtype::u16});
  preview.look_at({.info = info, .frame = frame_of(0, {10, 65535}, {1, 2})});
  const auto second = preview.look_at({.info = info, .frame = frame_of(1, {20, 6}, {1, 2})});
  EXPECT_EQ(second->averaged, 2u);
  EXPECT_EQ(second->mean_max_counts, 15);
  EXPECT_EQ(at(second->mean, 1), std::lround(254 * std::log1p(6) / std::log1p(15)));  // seen once
  const auto other =
      preview.look_at({.info = std::make_shared<SeriesInfo>(*info), .frame = frame_of(0, {4, 4}, {1, 2})});
  EXPECT_EQ(other->averaged, 1u);
  EXPECT_EQ(other->mean_max_counts, 4);
}

TEST(Preview, MakesLargeFramesSmallAndKeepsTheirPeaks) {
  Preview preview;
  const Shape large{1030, 600};
  auto info = std::make_shared<SeriesInfo>(SeriesInfo{.uid = "s", .frame_shape = large, .dtype = Dtype::u16});
  std::vector<std::uint16_t> pixels(large.count(), 0);
  pixels[5 * 600 + 8] = 900;
  const auto event = preview.look_at({.info = info, .frame = frame_of(0, pixels, large)});
  ASSERT_TRUE(event);
  EXPECT_EQ(event->bin, 3u);
  EXPECT_EQ(event->shape, (Shape{343, 200}));
  EXPECT_EQ(event->max_counts, 900);
  EXPECT_EQ(event->mean_max_counts, 100);
  EXPECT_EQ(at(event->newest, 1 * 200 + 2), 254);
}

TEST(Preview, OfADamagedFrameThereIsNone) {
  Preview preview;
  auto info =
      std::make_shared<SeriesInfo>(SeriesInfo{.uid = "s", .frame_shape = {1, 2}, .dtype = Dtype::u16});
  auto frame = frame_of(0, {1, 2}, {1, 2});
  frame.codec = Codec::bslz4;
  EXPECT_FALSE(preview.look_at({.info = info, .frame = frame}));
}

}  // namespace
}  // namespace ptero::classifier
