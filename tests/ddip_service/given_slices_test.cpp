#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include <ptero/core/error.hpp>
#include <ptero/image/png.hpp>
#include <ptero/image/tiff.hpp>
#include <ptero/services/ddip/given_slices.hpp>

#include "support/scratch.hpp"
#include "two_layers.hpp"

namespace ptero::ddip {
namespace {

TEST(ReadSlices, TakesPicturesAndProducts) {
  const test::Scratch scratch;
  const product::Product product = two_layers();
  product::write_product(scratch / "product.h5", product);
  const GivenSlices given = read_slices({(scratch / "product.h5").string()});
  ASSERT_EQ(given.phases.size(), 2U);
  EXPECT_EQ(given.phases[0].shape(), (Shape{72, 72}));
  EXPECT_TRUE(given.product);

  image::write_tiff(scratch / "a.tiff", given.phases[0]);
  image::write_png(scratch / "b.png", Image<std::uint8_t>({72, 72}, 7));
  const GivenSlices pictures = read_slices({(scratch / "a.tiff").string(), (scratch / "b.png").string()});
  EXPECT_EQ(pictures.phases[0](5, 9), given.phases[0](5, 9));
  EXPECT_EQ(pictures.phases[1](5, 9), 7);
}

TEST(ReadSlices, CropsToWhatIsLit) {
  product::Product product = two_layers(96);
  product.coverage = Image<float>({96, 96});
  for (std::size_t r = 10; r < 80; ++r)
    for (std::size_t c = 4; c < 90; ++c) (*product.coverage)(r, c) = 5;
  const GivenSlices given = slices_of(product);
  EXPECT_EQ(given.window.top, 10U);
  EXPECT_EQ(given.phases[1].shape(), (Shape{70, 86}));
}

TEST(ReadSlices, CropsPicturesToWhereAllHoldNumbers) {
  const test::Scratch scratch;
  constexpr float none = std::numeric_limits<float>::quiet_NaN();
  Image<float> a({80, 90}, 1), b({80, 90}, 2);
  for (std::size_t r = 0; r < 80; ++r)
    for (std::size_t c = 0; c < 90; ++c) {
      if (r < 5) a(r, c) = none;
      if (c >= 84 || (r > 70 && c < 2)) b(r, c) = none;  // an outline that is no rectangle
    }
  a(5, 2) = 7;
  const auto both = [&] {
    image::write_tiff(scratch / "a.tiff", a);
    image::write_tiff(scratch / "b.tiff", b);
    return read_slices({(scratch / "a.tiff").string(), (scratch / "b.tiff").string()});
  };
  const GivenSlices given = both();
  EXPECT_EQ(given.whole, (Shape{80, 90}));
  EXPECT_EQ(given.window.top, 5U);
  EXPECT_EQ(given.window.left, 2U);
  for (const auto& phase : given.phases) EXPECT_EQ(phase.shape(), (Shape{75, 82}));
  EXPECT_EQ(given.phases[0](0, 0), 7);
  for (const auto& phase : given.phases)
    for (const float v : phase.pixels()) ASSERT_TRUE(std::isfinite(v));
  // A hole is not a border: it stays, and the separation refuses it by name.
  for (std::size_t c = 5; c < 85; ++c) a(40, c) = none;
  EXPECT_EQ(both().phases[0].shape(), (Shape{80, 90}));
}

TEST(ReadSlices, RefusesOneSlice) {
  product::Product product = two_layers();
  product.object.pop_back();
  product.layer_spacing_m.clear();
  EXPECT_THROW(slices_of(product), InputError);
  EXPECT_THROW(read_slices({"alone.tiff"}), InputError);
  EXPECT_THROW(read_slices({"not-there.h5"}), InputError);
}

TEST(WithSlices, PutsThePhasesBackWhereTheyCameFrom) {
  const product::Product product = two_layers();
  const GivenSlices given = slices_of(product);
  const product::Product same = with_slices(product, given.window, given.phases);
  for (std::size_t i = 0; i < 2; ++i)
    for (std::size_t p = 0; p < same.object[i].size(); ++p)
      ASSERT_LT(std::abs(same.object[i].pixels()[p] - product.object[i].pixels()[p]), 1e-4F);
}

TEST(SecondPassStart, KeepsTheSumOfThePhasesAndNeedsTheGeometry) {
  product::Product product = two_layers();
  const GivenSlices given = slices_of(product);
  const std::vector<Image<float>> swapped{given.phases[1], given.phases[0]};
  EXPECT_FALSE(second_pass_start(product, given.window, swapped)) << "no energy";
  product.probe_energy_ev = 12000;
  const auto start = second_pass_start(product, given.window, swapped);
  ASSERT_TRUE(start);
  EXPECT_EQ(start->layer_spacing_m, product.layer_spacing_m);
  float change = 0;
  for (std::size_t p = 0; p < product.object[0].size(); ++p) {
    const auto before = product.object[0].pixels()[p] * product.object[1].pixels()[p];
    ASSERT_LT(std::abs(start->object[0].pixels()[p] * start->object[1].pixels()[p] - before), 1e-4F);
    change = std::max(change, std::abs(start->object[0].pixels()[p] - product.object[0].pixels()[p]));
  }
  EXPECT_GT(change, 0.02F);
}

}  // namespace
}  // namespace ptero::ddip
