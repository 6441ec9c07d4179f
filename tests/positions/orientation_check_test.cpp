#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <random>

#include <ptero/positions/orientation_check.hpp>
#include <ptero/synth/simulator.hpp>

namespace ptero::positions {
namespace {

struct Vector {
  double x, y;
};

Vector seen(Vector v, Orientation how) {
  switch (how) {
    case Orientation::upright:
      break;
    case Orientation::transposed:
      return {v.y, v.x};
    case Orientation::mirrored:
      return {-v.x, v.y};
    case Orientation::turned:
      return {v.y, -v.x};
  }
  return v;
}

/// The gradient of a landscape, as a detector in this orientation reports it.
OrientationCheck landscape(Orientation how, double noise, double height = 1) {
  OrientationCheck check;
  std::mt19937 random(3);
  std::normal_distribution<double> normal;
  for (int row = 0; row < 30; ++row)
    for (int col = 0; col < 40; ++col) {
      const double x = col * 0.3, y = row * 0.3;
      const Vector slope{height * std::cos(x) * std::sin(1.3 * y),
                         height * 1.3 * std::sin(x) * std::cos(1.3 * y)};
      const auto v = seen({slope.x + noise * normal(random), slope.y + noise * normal(random)}, how);
      check.add({x * 1e-6, y * 1e-6}, 60 + v.x, 70 + v.y);
    }
  return check;
}

TEST(OrientationCheck, FindsEachOrientation) {
  for (const auto how : {Orientation::transposed, Orientation::mirrored, Orientation::turned}) {
    const auto suspicion = landscape(how, 0.3).result();
    ASSERT_TRUE(suspicion) << name_of(how);
    EXPECT_EQ(suspicion->better, how);
    EXPECT_GT(suspicion->gain, 1.3);
  }
}

TEST(OrientationCheck, SaysNothingWhereThereIsNothing) {
  EXPECT_FALSE(landscape(Orientation::upright, 0.3).result());
  EXPECT_FALSE(landscape(Orientation::upright, 0).result());
  EXPECT_FALSE(landscape(Orientation::transposed, 1, 0).result()) << "an empty field";
  EXPECT_FALSE(OrientationCheck().result());
  OrientationCheck line;
  for (int i = 0; i < 1000; ++i) line.add({i * 1e-7, 0}, std::sin(0.1 * i), std::cos(0.1 * i));
  EXPECT_FALSE(line.result()) << "a line has no curl";
}

TEST(OrientationCheck, OnASimulatedScan) {
  synth::SimulatorOptions options;
  options.grid = {20, 24, 0.3e-6, 0.3e-6, ScanOrder::raster};
  options.pattern = 64;
  options.zone_plate.outer_zone_width_m = 70e-9;
  options.seed = 3;
  const synth::Simulator simulator(options);
  OrientationCheck upright, transposed;
  for (FrameId id = 0; id < simulator.count(); ++id) {
    const Frame frame = simulator.frame(id);
    double sum = 0, x = 0, y = 0;
    for (std::size_t i = 0; i < frame.shape.count(); ++i) {
      std::uint16_t value;
      std::memcpy(&value, frame.payload.data() + 2 * i, 2);
      sum += value;
      x += double(value) * double(i % frame.shape.cols);
      y += double(value) * double(i / frame.shape.cols);
    }
    upright.add(*frame.position, x / sum, y / sum);
    transposed.add(*frame.position, y / sum, x / sum);
  }
  EXPECT_FALSE(upright.result());
  const auto suspicion = transposed.result();
  ASSERT_TRUE(suspicion);
  EXPECT_EQ(suspicion->better, Orientation::transposed);
}

}  // namespace
}  // namespace ptero::positions
