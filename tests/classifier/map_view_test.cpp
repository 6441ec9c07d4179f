#include "map_view.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "support/scratch.hpp"

namespace ptero::classifier {
namespace {

template <class T>
std::vector<T> values(const Bytes& column) {
  std::vector<T> out(column.size() / sizeof(T));
  std::memcpy(out.data(), column.data(), column.size());
  return out;
}

Frame frame_of(FrameId id) {
  // Brighter to the right with every frame; frames 2 and 3 have a saturated pixel, all have a gap.
  std::vector<std::uint16_t> pixels{10, 10, std::uint16_t(10 + id), 65535};
  if (id == 2 || id == 3) pixels[0] = 65535;
  return {.id = id,
          .shape = {1, 4},
          .dtype = Dtype::u16,
          .payload = Bytes::take(std::move(pixels)),
          .position = Position{1e-7 * double(id), -2e-7}};
}

TEST(MapView, ShowsEveryFrameWithWhatTheSessionKnowsOfIt) {
  test::Scratch scratch;
  telemetry::LatencyRecorder latency;
  FeaturePool pool(1);
  ClassifierOptions options;
  options.method.roi.segments = 2;
  options.method.centre = roi::PatternCentre{0, 1.5};
  SeriesSession session(
      {.uid = "s", .frame_shape = {1, 4}, .dtype = Dtype::u16}, options.method, {},
      {roi::inline_executor(), pool, latency},
      std::make_unique<FeatureLog>(scratch / "roi.journal", LogOwner{"s", test::parts_of({"start"}), "{}"}));
  session.tell(std::make_shared<Selection>("s", test::parts_of({"start"}), 1 << 20));
  MapView view;
  EXPECT_EQ(view.map(session).frames, 0u);
  for (FrameId id : {5u, 0u, 2u, 3u}) session.take(id + 1, {}, {1, frame_of(id)}, {});
  session.flush();

  const auto event = view.map(session);
  EXPECT_EQ(event.series_uid, "s");
  EXPECT_EQ(event.mode, "robust");
  EXPECT_EQ(values<std::uint32_t>(event.columns.ids), (std::vector<std::uint32_t>{5, 0, 2, 3}));
  EXPECT_FLOAT_EQ(values<float>(event.columns.x_m)[0], 5e-7f);
  EXPECT_EQ(values<float>(event.columns.total), (std::vector<float>{35, 30, 22, 23}));
  EXPECT_FLOAT_EQ(values<float>(event.columns.com_x)[1], 1);  // three equal pixels at 0, 1, 2
  EXPECT_EQ(values<std::uint8_t>(event.columns.label), std::vector<std::uint8_t>(4, 0));
  EXPECT_EQ(view.least_flagged(), 1u);
  EXPECT_EQ(view.saturated_frames(), 2u);
  // Columns travel as they are checked at the other end.
  EXPECT_TRUE(wire::decode_map_event(wire::encode(event)));

  const auto segments = view.segments(session);
  EXPECT_EQ(segments.segments, 2u);
  const auto total = values<float>(segments.total);
  ASSERT_EQ(total.size(), 8u);
  EXPECT_FLOAT_EQ(total[0] + total[1], 35);
  EXPECT_TRUE(wire::decode_segments_event(wire::encode(segments)));
}

}  // namespace
}  // namespace ptero::classifier
