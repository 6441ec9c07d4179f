#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <limits>
#include <ptero/core/error.hpp>
#include <ptero/image/png.hpp>
#include <ptero/image/tiff.hpp>

namespace ptero::image {
namespace {

class ImageFile : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
    folder_ = std::filesystem::path(::testing::TempDir()) / (std::string("ptero_image_") + test->name());
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::size_t files_left() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder_), {}));
  }
  std::filesystem::path folder_;
};

template <class Call>
std::string error_of(Call call) {
  try {
    call();
  } catch (const Error& e) {
    return e.what();
  }
  return "no error";
}

TEST_F(ImageFile, PngKeepsEveryColour) {
  Image<Rgb> picture(Shape{5, 7});
  for (std::size_t i = 0; i < picture.size(); ++i)
    picture.data()[i] = {static_cast<std::uint8_t>(i * 7), static_cast<std::uint8_t>(255 - i), 3};
  write_png(folder_ / "a.png", picture);
  const Image<Rgb> back = read_png(folder_ / "a.png");
  ASSERT_EQ(back.shape(), picture.shape());
  EXPECT_TRUE(std::equal(back.pixels().begin(), back.pixels().end(), picture.pixels().begin()));
  EXPECT_EQ(files_left(), 1U);  // no temporary file stays
}

TEST_F(ImageFile, GreyPngReadsBackAsGrey) {
  const Image<std::uint8_t> grey(Shape{1, 3}, {0, 100, 255});
  write_png(folder_ / "g.png", grey);
  const Image<Rgb> back = read_png(folder_ / "g.png");
  EXPECT_EQ(back(0, 0), (Rgb{0, 0, 0}));
  EXPECT_EQ(back(0, 1), (Rgb{100, 100, 100}));
  EXPECT_EQ(back(0, 2), (Rgb{255, 255, 255}));
}

TEST_F(ImageFile, WritingReplacesAnOlderPicture) {
  write_png(folder_ / "a.png", Image<std::uint8_t>(Shape{2, 2}, 1));
  write_png(folder_ / "a.png", Image<std::uint8_t>(Shape{3, 4}, 9));
  EXPECT_EQ(read_png(folder_ / "a.png").shape(), (Shape{3, 4}));
  EXPECT_EQ(files_left(), 1U);
}

TEST_F(ImageFile, ErrorsNameThePathAndLeaveNothingBehind) {
  const Image<std::uint8_t> grey(Shape{2, 2}, 1);
  const auto missing = folder_ / "no" / "such" / "a.png";
  EXPECT_NE(error_of([&] { write_png(missing, grey); }).find(missing.string()), std::string::npos);
  EXPECT_NE(error_of([&] {
              write_tiff(missing, Image<float>(Shape{2, 2}));
            }).find(missing.string()),
            std::string::npos);
  std::filesystem::create_directory(folder_ / "taken.png");
  std::ofstream(folder_ / "taken.png" / "file") << "x";
  EXPECT_THROW(write_png(folder_ / "taken.png", grey), Error);
  EXPECT_EQ(files_left(), 1U);
  EXPECT_THROW(write_png(folder_ / "e.png", Image<Rgb>()), Error);
}

TEST_F(ImageFile, ReadingSomethingElseIsAnInputError) {
  std::ofstream(folder_ / "a.png") << "not a picture";
  EXPECT_THROW(read_png(folder_ / "a.png"), InputError);
  EXPECT_THROW(read_png(folder_ / "absent.png"), InputError);
  EXPECT_THROW(read_tiff(folder_ / "a.png"), InputError);
  write_png(folder_ / "b.png", Image<std::uint8_t>(Shape{64, 64}, 7));
  std::filesystem::resize_file(folder_ / "b.png", std::filesystem::file_size(folder_ / "b.png") / 2);
  EXPECT_THROW(read_png(folder_ / "b.png"), InputError);
}

TEST_F(ImageFile, TiffKeepsEveryFloat) {
  Image<float> values(Shape{130, 3});
  for (std::size_t i = 0; i < values.size(); ++i) values.data()[i] = 1.0F / static_cast<float>(i + 1) - 0.1F;
  values(0, 0) = std::numeric_limits<float>::infinity();
  write_tiff(folder_ / "a.tif", values, 28e-9);
  const Image<float> back = read_tiff(folder_ / "a.tif");
  ASSERT_EQ(back.shape(), values.shape());
  EXPECT_TRUE(std::equal(back.pixels().begin(), back.pixels().end(), values.pixels().begin()));
  EXPECT_EQ(files_left(), 1U);
}

TEST_F(ImageFile, NotesComeBackFromPngAndTiff) {
  const Notes notes{{"series", "проба 7"}, {"unit", "rad"}, {"pixel size", "6e-09 m"}};
  write_png(folder_ / "a.png", Image<std::uint8_t>(Shape{2, 2}, 1), notes);
  EXPECT_EQ(read_png_notes(folder_ / "a.png"), notes);
  write_png(folder_ / "b.png", Image<std::uint8_t>(Shape{2, 2}, 1));
  EXPECT_TRUE(read_png_notes(folder_ / "b.png").empty());
  write_tiff(folder_ / "a.tiff", Image<float>(Shape{2, 2}), 6e-9, notes);
  EXPECT_EQ(read_tiff_notes(folder_ / "a.tiff"), notes);
  write_tiff(folder_ / "b.tiff", Image<float>(Shape{2, 2}));
  EXPECT_TRUE(read_tiff_notes(folder_ / "b.tiff").empty());
}

TEST_F(ImageFile, NotesOfWhatIsNoPictureAreAnInputError) {
  std::ofstream(folder_ / "a.png") << "not a picture";
  EXPECT_THROW(read_png_notes(folder_ / "a.png"), InputError);
  EXPECT_THROW(read_png_notes(folder_ / "absent.png"), InputError);
  EXPECT_THROW(read_tiff_notes(folder_ / "a.png"), InputError);
  write_png(folder_ / "b.png", Image<std::uint8_t>(Shape{2, 2}, 1), {{"series", std::string(500, 'x')}});
  std::filesystem::resize_file(folder_ / "b.png", 100);
  EXPECT_THROW(read_png_notes(folder_ / "b.png"), InputError);
}

}  // namespace
}  // namespace ptero::image
