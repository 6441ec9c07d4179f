#include "studies/du2021/du2021.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include <ptero/image/png.hpp>

#include "studies/du2021/edges.hpp"
#include "support/scratch.hpp"

namespace ptero::tools {
namespace {

/// A step along columns at `at`, FWHM 3 pixels.
Image<float> step_at(double at, double height) {
  Image<float> image(Shape{60, 60});
  for (std::size_t r = 0; r < 60; ++r)
    for (std::size_t c = 0; c < 60; ++c)
      image(r, c) = static_cast<float>(height * std::erf((double(c) - at) / (std::sqrt(2.0) * 3 / 2.3548)));
  return image;
}

TEST(EdgeLines, LieWhereTheSlicesShareAnEdgeAndWhereTheyDoNot) {
  // Slice 1 has an edge at column 20, slice 2 there too and another at column 42.
  Image<float> first = step_at(20, 1), second = step_at(20, 0.4);
  const Image<float> alone = step_at(42, 0.5);
  for (std::size_t i = 0; i < second.size(); ++i) second.pixels()[i] += alone.pixels()[i];
  const EdgeLines lines = choose_edges({first, second});
  EXPECT_NEAR((lines.both.col0 + lines.both.col1) / 2, 20, 2.1);
  EXPECT_NEAR((lines.second.col0 + lines.second.col1) / 2, 42, 2.1);
  const auto width = measure_edge(first, lines.both).fwhm_px();
  ASSERT_TRUE(width);
  EXPECT_NEAR(*width, 3.1, 0.15);
  // The other slice is flat where only one has its edge.
  const EdgeMeasure flat = measure_edge(first, lines.second);
  EXPECT_LT(std::abs(flat.profile.value.front() - flat.profile.value.back()), 1e-3);
}

TEST(Du2021, QuickFormDrawsEveryFigureFromSlicesThatShowInEachOther) {
  const test::Scratch scratch;
  const std::filesystem::path out = scratch / "figures";
  std::filesystem::create_directory(out);
  std::set<std::string> heard;
  const Du2021Report report = make_du2021({.out = out, .quick = true, .runs = 2},
                                          [&](const std::string& line) { heard.insert(line); });
  for (const char* name : {"fig3", "fig4", "fig4_gamma", "fig5", "fig6", "fig6_sigma"}) {
    const auto picture = image::read_png(out / (std::string(name) + ".png"));
    EXPECT_GT(picture.cols(), 400u) << name;
    std::set<int> greens;
    for (const auto& pixel : picture.pixels()) greens.insert(pixel.g);
    EXPECT_GT(greens.size(), 4u) << name << " is blank";
  }
  EXPECT_GT(heard.size(), 10u);
  for (const FigureNumber& number : report.numbers.all()) {
    EXPECT_TRUE(!number.ours || std::isfinite(*number.ours)) << number.name;
  }
  // Slices that lie so close that the engine cannot tell them apart: the zones show among the grains.
  EXPECT_GT(*report.numbers.ours("zones as reconstructed: streak in slice 2"), 3);
  EXPECT_NE(report.tables.find("0.13 depths of field"), std::string::npos);
  EXPECT_NE(report.tables.find("3.60 depths of field"), std::string::npos);
}

}  // namespace
}  // namespace ptero::tools
