// Text as ink that can be measured: where it is, that nothing of it overlaps, that a page has it too. No
// pixels that depend on the version of a font.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <ptero/core/error.hpp>
#include <ptero/image/picture.hpp>
#include <ptero/image/plot.hpp>
#include <ptero/image/png.hpp>
#include <ptero/image/render.hpp>

#include "number_text.hpp"

namespace ptero::image {
namespace {

constexpr Rgb white{255, 255, 255};

bool inked(const Image<Rgb>& picture, std::size_t row, std::size_t col) {
  const Rgb& p = picture(row, col);
  return p.r < 150 && p.g < 150 && p.b < 150;
}

std::size_t ink_in(const Image<Rgb>& picture, std::size_t top, std::size_t bottom, std::size_t left,
                   std::size_t right) {
  std::size_t count = 0;
  for (std::size_t r = top; r < std::min(bottom, picture.rows()); ++r)
    for (std::size_t c = left; c < std::min(right, picture.cols()); ++c) count += inked(picture, r, c);
  return count;
}

/// Groups of rows with ink between left and right, rows without any between them.
std::size_t lines_in(const Image<Rgb>& picture, std::size_t left, std::size_t right) {
  std::size_t lines = 0;
  bool before = false;
  for (std::size_t r = 0; r < picture.rows(); ++r) {
    const bool now = ink_in(picture, r, r + 1, left, right) > 0;
    lines += now && !before;
    before = now;
  }
  return lines;
}

/// The picture of a small map under a headline, without the map.
Image<Rgb> headline(const std::string& text) {
  return pixels_of(panel(std::vector{Picture(Image<Rgb>(Shape{4, 4}, white))}, text));
}

TEST(Text, OfAnyScriptIsThereAndTakesItsRoom) {
  for (const char* text : {"scan 42", "10⁻⁷ µm", "Probe Größe Å", "образец 7", "Φ = π/2", "試料"}) {
    const Image<Rgb> picture = headline(text);
    EXPECT_GT(ink_in(picture, 0, picture.rows(), 0, picture.cols()), 60U) << text;
    // A margin stays free on both sides.
    EXPECT_EQ(ink_in(picture, 0, picture.rows(), 0, 10), 0U) << text;
    EXPECT_EQ(ink_in(picture, 0, picture.rows(), picture.cols() - 10, picture.cols()), 0U) << text;
  }
}

TEST(Text, SignsThatLookAlikeInAnAsciiTableDiffer) {
  const auto same = [](const Image<Rgb>& a, const Image<Rgb>& b) {
    return a.shape() == b.shape() && std::equal(a.pixels().begin(), a.pixels().end(), b.pixels().begin());
  };
  EXPECT_FALSE(same(headline("µ"), headline("u")));
  EXPECT_FALSE(same(headline("Δ"), headline("Λ")));
  EXPECT_FALSE(same(headline("образец"), headline("□□□□□□□")));
  EXPECT_TRUE(same(headline("µm"), headline("µm")));
}

TEST(Text, IsTakenAsItIsWhateverItsBytes) {
  for (const char* text : {"a <b>&c", "\xff\xfe broken", "a\nb"})
    EXPECT_GT(ink_in(headline(text), 0, 200, 0, 2000), 20U);
  // Two lines of a name stay one.
  EXPECT_EQ(headline("a\nb").rows(), headline("a b").rows());
}

TEST(Text, LongerTextIsWider) {
  EXPECT_GT(headline("a rather long name of a series, number 17").cols(), headline("short").cols() + 100);
}

TEST(MapText, StandsInRowsOfItsOwnAndNothingIsCutOff) {
  MapOptions options;
  options.title = "phase ϕ";
  options.unit = "10⁻³ rad";
  options.caption = "caption with a descender: gjpqy";
  options.pixel_x_m = 10e-9;
  options.range = Range{-1e-7, 2e-7};
  const Image<Rgb> picture = pixels_of(render_map(Image<float>(Shape{42, 42}, 0.0F), options));
  // Title, map with its bar, scale bar with the unit, caption: four rows with white between them.
  EXPECT_EQ(lines_in(picture, 0, picture.cols()), 4U);
  EXPECT_EQ(ink_in(picture, picture.rows() - 2, picture.rows(), 0, picture.cols()), 0U);
  EXPECT_EQ(ink_in(picture, 0, picture.rows(), picture.cols() - 4, picture.cols()), 0U);
}

TEST(MapText, TheUnitMakesRoomForTheScaleBarOfANarrowMap) {
  MapOptions options{.unit = "rad", .pixel_x_m = 10e-9};
  const Image<Rgb> picture = pixels_of(render_map(Image<float>(Shape{420, 12}, 0.0F), options));
  options.unit.clear();
  const Image<Rgb> without = pixels_of(render_map(Image<float>(Shape{420, 12}, 0.0F), options));
  const std::size_t foot = picture.rows() - 40;
  // The ink of the unit comes on top of that of the bar and its label: none of it is shared.
  EXPECT_GT(picture.cols(), without.cols());
  std::size_t last = 0;
  for (std::size_t c = 0; c < without.cols(); ++c)
    if (ink_in(without, foot, without.rows(), c, c + 1) > 0) last = c;
  EXPECT_EQ(ink_in(picture, foot, picture.rows(), 0, last + 1),
            ink_in(without, foot, picture.rows(), 0, last + 1));
  EXPECT_GT(ink_in(picture, foot, picture.rows(), last + 6, picture.cols()), 20U);
}

TEST(LabelText, TheLegendOfAFlatMapIsNotCutOff) {
  const Image<std::uint8_t> labels(Shape{2, 200}, std::uint8_t{0});
  const std::vector<LabelStyle> styles{
      {"a", {1, 1, 200}}, {"b", {1, 200, 1}}, {"c", {200, 1, 1}}, {"d", {200, 1, 200}}};
  const Image<Rgb> picture = pixels_of(render_labels(labels, styles, {}));
  for (const auto& style : styles)
    EXPECT_GE(std::count(picture.pixels().begin(), picture.pixels().end(), style.colour), 256) << style.name;
}

TEST(CurveText, TicksThatStandCloseDoNotOverlap) {
  const std::vector<Curve> curves{{.colour = {255, 150, 255}, .x = {0, 1}, .y = {0, 1}}};
  PlotOptions options{.x_ticks = {0.100, 0.101, 0.102, 0.5, 0.9}, .width = 200, .height = 100};
  const Image<Rgb> close = pixels_of(render_curves(curves, options));
  options.x_ticks = {0.100, 0.5, 0.9};
  const Image<Rgb> apart = pixels_of(render_curves(curves, options));
  // The labels are those of the ticks that have room.
  EXPECT_EQ(ink_in(close, close.rows() - 26, close.rows(), 0, close.cols()),
            ink_in(apart, apart.rows() - 26, apart.rows(), 0, apart.cols()));
}

TEST(NumberText, IsShortAndNumbersBesideEachOtherShareTheirPower) {
  EXPECT_EQ(number_text(0.25), "0.25");
  EXPECT_EQ(number_text(-1234), "-1234");
  EXPECT_EQ(number_text(1e-7), "10⁻⁷");
  EXPECT_EQ(number_text(2.5e9), "2.5×10⁹");
  EXPECT_EQ(number_text(9.999e6), "10⁷");
  EXPECT_EQ(number_text_beside(1.002e6, 0), "0");
  EXPECT_EQ(number_text_beside(1.002e6, 1.002e6, 4), "1.002×10⁶");
  EXPECT_EQ(number_text_beside(1.002e6, 990000), "0.99×10⁶");
  EXPECT_EQ(number_text_beside(0.8, -2e-4), "-0.0002");
}

class PictureFile : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
    folder_ = std::filesystem::path(::testing::TempDir()) / (std::string("ptero_picture_") + test->name());
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string bytes_of(const std::string& name) const {
    std::ifstream in(folder_ / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  std::filesystem::path folder_;
  Picture map_ = render_map(Image<float>(Shape{20, 30}, 1.0F), {.title = "phase µ", .unit = "rad"});
};

TEST_F(PictureFile, IsWhatItsEndingSays) {
  for (const char* name : {"a.png", "a.pdf", "a.svg"})
    write_picture(folder_ / name, map_, {{"series", "s1"}});
  EXPECT_EQ(read_png(folder_ / "a.png").shape(), pixels_of(map_).shape());
  EXPECT_EQ(bytes_of("a.pdf").substr(0, 5), "%PDF-");
  // Letters are a font's, not pixels.
  EXPECT_NE(bytes_of("a.pdf").find("DejaVu"), std::string::npos);
  EXPECT_NE(bytes_of("a.svg").find("<svg"), std::string::npos);
  EXPECT_NE(bytes_of("a.svg").find("<symbol"), std::string::npos);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 3);
}

TEST_F(PictureFile, OfAnotherEndingIsRefusedAndOneThatCannotBeWrittenNamed) {
  EXPECT_THROW(write_picture(folder_ / "a.jpg", map_), InputError);
  EXPECT_THROW(write_picture(folder_ / "a", map_), InputError);
  for (const char* name : {"no/a.png", "no/a.pdf", "no/a.svg"}) {
    try {
      write_picture(folder_ / name, map_);
      ADD_FAILURE() << name << " was written";
    } catch (const Error& e) {
      EXPECT_NE(std::string(e.what()).find(name), std::string::npos);
    }
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder_));
}

}  // namespace
}  // namespace ptero::image
