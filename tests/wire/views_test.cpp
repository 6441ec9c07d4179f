#include <gtest/gtest.h>

#include <ptero/wire/control.hpp>
#include <ptero/wire/views.hpp>

#include "golden.hpp"

namespace ptero::wire {
namespace {

TEST(MapEvent, IsTheGoldenMessage) {
  const auto parts = golden::parts("map");
  const auto event = decode_map_event(parts);
  ASSERT_TRUE(event);
  EXPECT_EQ(event->revision, 5u);
  EXPECT_EQ(event->frames, 2u);
  EXPECT_EQ(event->segments, 8u);
  EXPECT_EQ(event->mode, "robust");
  EXPECT_EQ(event->border, -1);
  EXPECT_TRUE(event->fill_in);
  EXPECT_FALSE(event->no_contrast);
  ASSERT_TRUE(event->raster);
  EXPECT_EQ(event->raster->cols, 51u);
  EXPECT_EQ(event->raster->order, ScanOrder::snake);
  std::uint32_t second = 0;
  std::memcpy(&second, event->columns.ids.data() + 4, 4);
  EXPECT_EQ(second, 200u);
  EXPECT_EQ(encode(*event), parts);
}

TEST(MapEvent, IsRefusedWhenAColumnIsShort) {
  for (std::size_t part = 1; part <= 8; ++part) {
    auto parts = golden::parts("map");
    parts[part] = Bytes::take(std::string(parts[part].text().substr(1)));
    const auto event = decode_map_event(parts);
    ASSERT_FALSE(event) << part;
    EXPECT_EQ(event.reason(), FrameFault::size_mismatch) << part;
  }
}

TEST(SegmentsEvent, IsTheGoldenMessage) {
  const auto parts = golden::parts("segments");
  const auto event = decode_segments_event(parts);
  ASSERT_TRUE(event);
  EXPECT_EQ(event->frames, 1u);
  EXPECT_EQ(event->segments, 2u);
  EXPECT_EQ(event->com_y.size(), 8u);
  EXPECT_EQ(encode(*event), parts);
}

TEST(PreviewEvent, IsTheGoldenMessage) {
  const auto parts = golden::parts("preview");
  const auto event = decode_preview_event(parts);
  ASSERT_TRUE(event);
  EXPECT_EQ(event->frame, 1650u);
  EXPECT_EQ(event->shape, (Shape{2, 3}));
  EXPECT_EQ(event->full_shape, (Shape{4, 6}));
  EXPECT_EQ(event->bin, 2u);
  EXPECT_EQ(event->max_counts, 300);
  EXPECT_EQ(event->mean_max_counts, 12.5);
  EXPECT_EQ(event->averaged, 40u);
  EXPECT_EQ(event->saturated_pixels, 1u);
  EXPECT_EQ(event->saturated_frames, 3u);
  EXPECT_EQ(event->flagged_pixels, 5u);
  EXPECT_EQ(encode(*event), parts);
}

TEST(Control, IsTheGoldenMessage) {
  const auto control = decode_control(golden::header("control"));
  ASSERT_TRUE(control);
  EXPECT_EQ(control->action, action_region);
  EXPECT_EQ(control->by, "127.0.0.1");
  EXPECT_EQ(control->border, 2);
  EXPECT_EQ(control->fill_in, true);
  EXPECT_EQ(control->segments, 16);
  EXPECT_EQ(encode(*control), golden::header("control"));
}

TEST(PositionsEvent, IsTheGoldenMessage) {
  const auto parts = golden::parts("positions");
  const auto event = decode_positions_event(parts);
  ASSERT_TRUE(event);
  EXPECT_EQ(event->iteration, 12u);
  EXPECT_EQ(event->frames, 2u);
  EXPECT_EQ(event->every, 1u);
  float second = 0;
  std::memcpy(&second, event->refined_y_m.data() + 4, 4);
  EXPECT_EQ(second, 1e-8F);
  EXPECT_EQ(encode(*event), parts);
}

TEST(PositionsEvent, IsRefusedWhenAColumnIsShort) {
  for (std::size_t part = 1; part <= 5; ++part) {
    auto parts = golden::parts("positions");
    parts[part] = Bytes::take(std::string(parts[part].text().substr(1)));
    const auto event = decode_positions_event(parts);
    ASSERT_FALSE(event) << part;
    EXPECT_EQ(event.reason(), FrameFault::size_mismatch) << part;
  }
}

TEST(Control, NamesARangeOfFrames) {
  const auto control = decode_control(golden::header("control_frames"));
  ASSERT_TRUE(control);
  EXPECT_EQ(control->action, action_bad_frames);
  EXPECT_EQ(control->first, 3u);
  EXPECT_EQ(control->last, 200u);
  EXPECT_EQ(control->bad, true);
  EXPECT_EQ(encode(*control), golden::header("control_frames"));
}

TEST(Control, SaysWhatToDo) {
  const auto control = decode_control(golden::header("control_do"));
  ASSERT_TRUE(control);
  EXPECT_EQ(control->action, action_reconstruction);
  EXPECT_EQ(control->what, "restart");
  EXPECT_EQ(encode(*control), golden::header("control_do"));
}

TEST(Control, LeavesAsItIsWhatItDoesNotName) {
  const auto control = decode_control(encode(Control{.action = "region", .by = "x", .border = 1}));
  ASSERT_TRUE(control);
  EXPECT_FALSE(control->fill_in);
}

TEST(ControlAnswer, IsTheGoldenMessage) {
  const auto answer = decode_control_answer(golden::header("control_answer"));
  ASSERT_TRUE(answer);
  EXPECT_FALSE(answer->ok);
  EXPECT_EQ(encode(*answer), golden::header("control_answer"));
}

}  // namespace
}  // namespace ptero::wire
