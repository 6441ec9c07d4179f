#include "smaller.hpp"

#include <gtest/gtest.h>
#include <zlib.h>

#include <cmath>
#include <cstring>

#include <nlohmann/json.hpp>
#include <ptero/wire/events.hpp>
#include <ptero/wire/views.hpp>

#include "view_message.hpp"

namespace ptero::dashboard {
namespace {

/// The values as a page gets them, by what the header of smaller.hpp says.
struct Unpacked {
  explicit Unpacked(const std::string& message) {
    std::uint32_t length = 0;
    std::memcpy(&length, message.data(), 4);
    head = nlohmann::json::parse(message.begin() + 4, message.begin() + 4 + length);
    uLongf size = 10'000'000;
    body.resize(size);
    const auto at = 4 + length;
    EXPECT_EQ(uncompress(reinterpret_cast<Bytef*>(body.data()), &size,
                         reinterpret_cast<const Bytef*>(message.data() + at), message.size() - at),
              Z_OK);
    body.resize(size);
  }
  std::vector<double> values(const std::string& name) const {
    std::vector<double> out;
    for (const auto& array : head["arrays"]) {
      if (array["name"] != name) continue;
      std::size_t count = 1;
      for (const std::size_t n : array["shape"]) count *= n;
      const int planes = int{array["packed"]["bits"]} / 8;
      const std::uint64_t modulus = std::uint64_t{1} << (8 * planes);
      std::uint64_t q = 0;
      for (std::size_t i = 0; i < count; ++i) {
        for (int p = 0; p < planes; ++p)
          q += std::uint64_t{static_cast<std::uint8_t>(
                   body.at(std::size_t{array["offset"]} + static_cast<std::size_t>(p) * count + i))}
               << (8 * p);
        q %= modulus;
        const auto& scale = array["packed"]["scale"];
        out.push_back(scale.is_null() ? static_cast<double>(q)
                      : q == modulus - 1
                          ? std::nan("")
                          : double{array["packed"]["zero"]} + double{scale} * static_cast<double>(q));
      }
    }
    return out;
  }
  nlohmann::json head;
  std::string body;
};

std::string snapshot(std::size_t rows, std::size_t cols, std::vector<float> phase) {
  const wire::SnapshotEvent event{
      .series_uid = "s", .shape = {rows, cols}, .pixel_m = 1e-8, .centre = {2e-6, -3e-6}};
  const Bytes picture = Bytes::take(std::move(phase));
  return view_of("snapshot", {wire::encode(event), picture, picture}).value().message;
}

TEST(Smaller, KeepsValuesToAStepAndWhereNothingIs) {
  std::vector<float> phase{-3, 3, 0.5F, NAN, 1.25F, -0.75F};
  for (const auto& [level, steps] : {std::pair(1, 65'534.0)}) {
    const auto got = Unpacked(smaller(snapshot(2, 3, phase), level)).values("phase");
    ASSERT_EQ(got.size(), phase.size());
    for (std::size_t i = 0; i < phase.size(); ++i)
      if (std::isnan(phase[i])) {
        EXPECT_TRUE(std::isnan(got[i]));
      } else {
        EXPECT_NEAR(got[i], phase[i], 6 / steps);
      }
  }
}

TEST(Smaller, LeavesPixelsOutAndTheRestWhereItWas) {
  std::vector<float> phase(7 * 10);
  for (std::size_t i = 0; i < phase.size(); ++i) phase[i] = static_cast<float>(i);
  const std::string whole = snapshot(7, 10, phase);
  for (const auto& [level, every] : {std::pair(2, 2), std::pair(3, 4)}) {
    const Unpacked got(smaller(whole, level));
    EXPECT_EQ(got.head["reduced"], (nlohmann::json{{"level", level}, {"every", every}}));
    const std::size_t rows = got.head["shape"][0], cols = got.head["shape"][1];
    EXPECT_EQ(rows, static_cast<std::size_t>((7 + every - 1) / every));
    EXPECT_EQ(cols, static_cast<std::size_t>((10 + every - 1) / every));
    const auto values = got.values("phase");
    ASSERT_EQ(values.size(), rows * cols);
    const double pixel_m = got.head["pixel_m"];
    for (std::size_t r = 0; r < rows; ++r)
      for (std::size_t c = 0; c < cols; ++c) {
        const double x_m = double{got.head["centre_m"][0]} + (double(c) - double(cols) / 2) * pixel_m;
        const double y_m = double{got.head["centre_m"][1]} + (double(r) - double(rows) / 2) * pixel_m;
        const double col = (x_m - 2e-6) / 1e-8 + 5, row = (y_m + 3e-6) / 1e-8 + 3.5;
        EXPECT_NEAR(values[r * cols + c], 10 * row + col, 0.6) << level << ": " << row << ", " << col;
      }
  }
}

TEST(Smaller, OfATableKeepsIdsAndLabelsAndPlacesToSixteenBits) {
  wire::MapEvent event{.series_uid = "s", .frames = 3};
  event.columns.ids = Bytes::take(std::vector<std::uint32_t>{7, 70'000'000, 3});
  event.columns.x_m = event.columns.y_m = event.columns.total = event.columns.com_x = event.columns.com_y =
      Bytes::take(std::vector<float>{0, 1e-6F, 3e-6F});
  event.columns.label = event.columns.confidence = Bytes::take(std::vector<std::uint8_t>{2, 255, 0});
  const auto view = view_of("map", wire::encode(event));
  ASSERT_TRUE(view);
  for (int level = 1; level <= 3; ++level) {
    const Unpacked got(smaller(view->message, level));
    EXPECT_EQ(got.values("id"), (std::vector<double>{7, 70'000'000, 3}));
    EXPECT_EQ(got.values("label"), (std::vector<double>{2, 255, 0}));
    EXPECT_NEAR(got.values("x_m")[1], 1e-6, 3e-6 / 65'000);
  }
}

TEST(Smaller, IsSmallerFromLevelToLevel) {
  std::vector<float> phase(200 * 300);
  for (std::size_t i = 0; i < phase.size(); ++i)
    phase[i] = static_cast<float>(std::sin(0.01 * double(i)) + 0.1 * std::sin(12.9898 * double(i)));
  const std::string whole = snapshot(200, 300, phase);
  std::size_t before = whole.size();
  for (int level = 1; level <= 3; ++level) {
    const std::size_t now = smaller(whole, level).size();
    EXPECT_LT(now, before) << level;
    before = now;
  }
  EXPECT_LT(before, whole.size() / 30);
}

}  // namespace
}  // namespace ptero::dashboard
