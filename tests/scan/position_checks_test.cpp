#include <gtest/gtest.h>

#include <cmath>
#include <ptero/scan/position_checks.hpp>
#include <set>
#include <string>

namespace ptero::scan {
namespace {

constexpr std::size_t side = 24;

/// A sample with one bump, scanned to and fro; `slip` frames too late.
roi::FeatureTable scanned(std::size_t slip) {
  roi::FeatureTable table;
  const auto place = [](std::size_t i) {
    const std::size_t row = i / side, along = i % side;
    return Position{static_cast<double>(row % 2 == 0 ? along : side - 1 - along), static_cast<double>(row)};
  };
  for (std::size_t i = 0; i < side * side; ++i) {
    const Position lies = place(i), seen = place(std::min(i + slip, side * side - 1));
    const double dx = seen.x_m - 9, dy = seen.y_m - 13;
    roi::FrameRecord record{.id = i, .position = lies};
    record.features.whole.total = 1000 - 600 * std::exp(-(dx * dx + dy * dy) / 20);
    record.features.whole.com_x = -dx * std::exp(-(dx * dx + dy * dy) / 20);
    record.features.whole.com_y = -dy * std::exp(-(dx * dx + dy * dy) / 20);
    table.add(std::move(record));
  }
  return table;
}

std::set<std::string> codes_of(const roi::FeatureTable& table) {
  std::set<std::string> codes;
  for (const auto& warning : check_positions(table)) codes.insert(warning.code);
  return codes;
}

TEST(PositionChecks, AScanAsItShouldBeIsNotSuspected) {
  EXPECT_TRUE(codes_of(scanned(0)).empty());
  EXPECT_TRUE(codes_of(roi::FeatureTable{}).empty());
}

TEST(PositionChecks, AnOffsetIsSuspected) {
  EXPECT_TRUE(codes_of(scanned(3)).contains("wrong_offset"));
}

TEST(PositionChecks, ATransposedDetectorIsSuspected) {
  roi::FeatureTable turned;
  const auto table = scanned(0);
  for (std::size_t i = 0; i < table.size(); ++i) {
    auto record = table.row(i);
    // A gradient field whose two second derivatives differ, so that the transposed one has curl.
    const double x = record.position->x_m / side, y = record.position->y_m / side;
    record.features.whole.com_x = std::cos(5 * y) * 2;
    record.features.whole.com_y = std::sin(7 * x) * 2;
    turned.add(std::move(record));
  }
  EXPECT_TRUE(codes_of(turned).contains("wrong_orientation"));
}

TEST(PositionChecks, ALoneBrightFrameIsNamed) {
  roi::FeatureTable table;
  for (FrameId id = 0; id < 20; ++id) {
    roi::FrameRecord record{.id = id};
    record.features.whole.total = id == 7 ? 50000 : 1000;
    table.add(std::move(record));
  }
  const auto warnings = check_positions(table);
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_EQ(warnings[0].code, "counts_jump");
  EXPECT_NE(warnings[0].sentence.find("(frames 7)"), std::string::npos) << warnings[0].sentence;
}

}  // namespace
}  // namespace ptero::scan
