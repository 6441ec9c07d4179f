#include <gtest/gtest.h>

#include <ptero/positions/transform.hpp>

namespace ptero::positions {
namespace {

TEST(Transform, IsTheIdentityUnlessTold) {
  EXPECT_EQ(Transform{}(3, -4), (Position{3, -4}));
}

TEST(Transform, AppliesSignSwapScaleOffsetRotationInThatOrder) {
  Transform t;
  t.sign = {-1, 1};
  t.swap = true;
  t.unit_m = 1e-3;
  t.scale = {2, 10};
  t.offset_m = {0.001, 0.002};
  t.rotation_deg = 90;
  // (3, 4) -> sign (-3, 4) -> swap (4, -3) -> scale (0.008, -0.030) -> offset (0.009, -0.028)
  // -> rotation by 90 degrees: (x', y') = (-y, x).
  const Position p = t(3, 4);
  EXPECT_NEAR(p.x_m, 0.028, 1e-15);
  EXPECT_NEAR(p.y_m, 0.009, 1e-15);
}

}  // namespace
}  // namespace ptero::positions
