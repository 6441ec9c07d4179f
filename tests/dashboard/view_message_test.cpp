#include "view_message.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <ptero/wire/events.hpp>
#include <ptero/wire/slices_event.hpp>
#include <ptero/wire/views.hpp>

namespace ptero::dashboard {
namespace {

using Json = nlohmann::json;

/// As the page reads it.
struct Opened {
  explicit Opened(const std::string& message) {
    std::uint32_t length = 0;
    std::memcpy(&length, message.data(), 4);
    EXPECT_EQ((4 + length) % 8, 0u);
    head = Json::parse(message.substr(4, length));
    arrays = message.substr(4 + length);
  }
  template <class T>
  std::vector<T> values(const std::string& name) const {
    for (const auto& a : head["arrays"]) {
      if (a["name"] != name) continue;
      std::size_t count = 1;
      for (const auto& side : a["shape"]) count *= side.get<std::size_t>();
      EXPECT_EQ(a["offset"].get<std::size_t>() % 8, 0u);
      std::vector<T> out(count);
      std::memcpy(out.data(), arrays.data() + a["offset"].get<std::size_t>(), count * sizeof(T));
      return out;
    }
    ADD_FAILURE() << "no " << name;
    return {};
  }
  Json head;
  std::string arrays;
};

wire::MapEvent three_frames() {
  wire::MapEvent event{
      .series_uid = "s", .revision = 4, .frames = 3, .segments = 8, .mode = "robust", .border = 1};
  const Bytes floats = Bytes::take(std::vector<float>{1, NAN, 3});
  event.columns = {Bytes::take(std::vector<std::uint32_t>{7, 8, 9}),
                   floats,
                   floats,
                   floats,
                   floats,
                   floats,
                   Bytes::take(std::vector<std::uint8_t>{2, 1, 0}),
                   Bytes::take(std::vector<std::uint8_t>{255, 0, 9})};
  return event;
}

TEST(View, OfAMapHoldsItsColumns) {
  const auto view = view_of("map", wire::encode(three_frames()));
  ASSERT_TRUE(view);
  const Opened opened(view->message);
  EXPECT_EQ(opened.head["topic"], "map");
  EXPECT_EQ(opened.head["frames"], 3);
  EXPECT_EQ(opened.head["raster"], nullptr);
  EXPECT_EQ(opened.values<std::uint32_t>("id"), (std::vector<std::uint32_t>{7, 8, 9}));
  EXPECT_EQ(opened.values<float>("com_y")[2], 3);
  EXPECT_EQ(opened.values<std::uint8_t>("label"), (std::vector<std::uint8_t>{2, 1, 0}));
  EXPECT_EQ(view->numbers["border"], 1);
  EXPECT_FALSE(view->numbers.contains("arrays"));
}

TEST(View, OfASnapshotWithoutAmplitudeIsShownAllTheSame) {
  wire::SnapshotEvent event{.series_uid = "s", .frames_used = 5, .shape = {1, 2}};
  const Bytes picture = Bytes::take(std::vector<float>{0.5f, -1});
  const auto view = view_of("snapshot", {wire::encode(event), picture, picture});
  ASSERT_TRUE(view);
  const Opened opened(view->message);
  EXPECT_EQ(opened.head["arrays"].size(), 2u);
  EXPECT_EQ(opened.values<float>("phase"), (std::vector<float>{0.5f, -1}));
}

TEST(View, OfASnapshotHoldsItsVerdictAndTheFloorOfItsError) {
  wire::SnapshotEvent event{.series_uid = "s", .shape = {1, 1}, .errors = {0.5}};
  const Bytes picture = Bytes::take(std::vector<float>{0.5f});
  auto view = view_of("snapshot", {wire::encode(event), picture, picture});
  ASSERT_TRUE(view);
  EXPECT_EQ(view->numbers["noise_floor"], nullptr);
  EXPECT_TRUE(view->numbers["verdict"].empty());
  event.noise_floor = 0.25;
  event.verdict = {{"misfit", 5, "it does not fit"}, {"mode_empty", NAN, "one mode less will do"}};
  view = view_of("snapshot", {wire::encode(event), picture, picture});
  ASSERT_TRUE(view);
  const auto head = Opened(view->message).head;
  EXPECT_EQ(head["noise_floor"], 0.25);
  EXPECT_EQ(head["verdict"][0],
            (nlohmann::json{{"code", "misfit"}, {"number", 5.0}, {"sentence", "it does not fit"}}));
  EXPECT_EQ(head["verdict"][1]["number"], nullptr);
}

TEST(View, OfSlicesHoldsTheirSpreadWhereThereIsOne) {
  wire::SlicesEvent event{.series_uid = "s", .slices = 2, .shape = {1, 2}, .mixing = {1, 0, 0, 1}};
  const Bytes two = Bytes::take(std::vector<float>{1, 2, 3, 4});
  auto view = view_of("slices", {wire::encode(event), two});
  ASSERT_TRUE(view);
  EXPECT_EQ(Opened(view->message).head["arrays"].size(), 1u);
  event.runs = 3;
  view = view_of("slices", {wire::encode(event), two, two});
  ASSERT_TRUE(view);
  EXPECT_EQ(Opened(view->message).values<float>("sigma"), (std::vector<float>{1, 2, 3, 4}));
  EXPECT_FALSE(view_of("slices", {wire::encode(event), Bytes::take(std::vector<float>{1})}));
}

TEST(View, OfADamagedEventThereIsNone) {
  wire::SnapshotEvent event{.series_uid = "s", .shape = {1, 3}};
  const Bytes picture = Bytes::take(std::vector<float>{0.5f, -1});
  EXPECT_FALSE(view_of("snapshot", {wire::encode(event), picture, picture}));
  EXPECT_FALSE(view_of("snapshot", {}));
  EXPECT_FALSE(view_of("probe", {Bytes::take(std::string("x")), picture}));
  EXPECT_FALSE(view_of("ledger", {wire::encode(wire::LedgerEvent{})}));
}

TEST(View, OfOneSegmentIsItsColumn) {
  const wire::SegmentsEvent event{.series_uid = "s",
                                  .frames = 2,
                                  .segments = 3,
                                  .total = Bytes::take(std::vector<float>{1, 2, 3, 4, 5, 6}),
                                  .com_x = Bytes::take(std::vector<float>(6)),
                                  .com_y = Bytes::take(std::vector<float>(6))};
  const auto view = segment_view(wire::encode(event), 1);
  ASSERT_TRUE(view);
  EXPECT_EQ(Opened(view->message).values<float>("total"), (std::vector<float>{2, 5}));
  EXPECT_FALSE(segment_view(wire::encode(event), 3));
  EXPECT_FALSE(segment_view({}, 0));
}

TEST(View, OfPositionsHoldsNominalAndRefined) {
  wire::PositionsEvent event{.series_uid = "s", .iteration = 3, .frames = 2};
  event.ids = Bytes::take(std::vector<std::uint32_t>{7, 9});
  event.nominal_x_m = event.nominal_y_m = event.refined_x_m = Bytes::take(std::vector<float>{1, 2});
  event.refined_y_m = Bytes::take(std::vector<float>{3, 4});
  const auto view = view_of("positions", wire::encode(event));
  ASSERT_TRUE(view);
  const Opened opened(view->message);
  EXPECT_EQ(opened.head["frames"], 2);
  EXPECT_EQ(opened.values<std::uint32_t>("id"), (std::vector<std::uint32_t>{7, 9}));
  EXPECT_EQ(opened.values<float>("nominal_x_m"), (std::vector<float>{1, 2}));
  EXPECT_EQ(opened.values<float>("refined_y_m"), (std::vector<float>{3, 4}));
}

}  // namespace
}  // namespace ptero::dashboard
