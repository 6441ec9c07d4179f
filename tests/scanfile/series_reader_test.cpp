#include <cmath>

#include "reader_fixture.hpp"

namespace ptero::scanfile {
namespace {

TEST_F(Reader, TheOnlyStackOfTheFileIsTheFrames) {
  make_plain();
  const SeriesReader reader(path, {.positions = "xy"});
  ASSERT_EQ(reader.size(), 6u);
  EXPECT_EQ(reader.info().n_expected, 6u);
  const Frame frame = reader.frame(3);
  EXPECT_EQ(frame.id, 3u);
  EXPECT_EQ(frame.codec, Codec::none);
  EXPECT_EQ(values_of<std::uint16_t>(frame)[7], 312);
  EXPECT_EQ(frame.position, (Position{3e-6, -6e-6}));
}

TEST_F(Reader, EveryPixelTypeConverts) {
  make(
      "a = np.array([[[-5, 0, 7]], [[1, 2, 100]]])\n"
      "for t in ['i1', 'i2', '>i2', '>i4', '>i8', 'i8', '>f8', '<f2', '>u2']: h[t] = a.astype(t) if t != "
      "'>u2' else "
      "abs(a).astype(t)\n"
      "h['big'] = np.array([[[2**40, 2**32 - 1, 3]]], 'u8')\n"
      "h['nan'] = np.array([[[np.nan, -1, 3]]], 'f8')");
  const auto read = [&](const std::string& data) {
    return SeriesReader(path, {.data = data, .positions = "none"}).frame(0);
  };
  EXPECT_EQ(values_of<std::uint8_t>(read("i1")), (std::vector<std::uint8_t>{255, 0, 7}));
  EXPECT_EQ(values_of<std::uint16_t>(read("i2")), (std::vector<std::uint16_t>{65535, 0, 7}));
  EXPECT_EQ(values_of<std::uint16_t>(read(">u2")), (std::vector<std::uint16_t>{5, 0, 7}));
  EXPECT_EQ(values_of<std::uint16_t>(read(">i2")), (std::vector<std::uint16_t>{65535, 0, 7}));
  EXPECT_EQ(values_of<std::uint32_t>(read(">i8")), (std::vector<std::uint32_t>{4294967295u, 0, 7}));
  EXPECT_EQ(values_of<std::uint32_t>(read(">i4")), (std::vector<std::uint32_t>{4294967295u, 0, 7}));
  EXPECT_EQ(values_of<std::uint32_t>(read("i8")), (std::vector<std::uint32_t>{4294967295u, 0, 7}));
  EXPECT_EQ(values_of<std::uint32_t>(read("big")), (std::vector<std::uint32_t>{4294967295u, 4294967295u, 3}));
  EXPECT_EQ(values_of<float>(read(">f8")), (std::vector<float>{-5, 0, 7}));
  EXPECT_EQ(values_of<float>(read("<f2")), (std::vector<float>{-5, 0, 7}));
  EXPECT_EQ(values_of<float>(read("nan")), (std::vector<float>{INFINITY, -1, 3}));
}

TEST_F(Reader, TransposeComesBeforeCentreCropAndBin) {
  make_plain("m = np.zeros((4, 5), 'u1'); m[1, 3] = 1; h['m'] = m");
  ReadOptions options{.positions = "none", .transpose = true, .mask = "m"};
  const SeriesReader turned(path, options);
  EXPECT_EQ(turned.info().frame_shape, (Shape{5, 4}));
  EXPECT_EQ(values_of<std::uint16_t>(turned.frame(2))[3 * 4 + 1], 213);  // row 3, col 1 was row 1, col 3
  EXPECT_EQ(turned.info().mask[3 * 4 + 1], 1);

  options.centre = {{3, 2}};
  options.crop = 2;
  const SeriesReader cropped(path, options);
  // Rows 2..3 and columns 1..2 of the transposed frame: the centre lands on (1, 1).
  EXPECT_EQ(values_of<std::uint16_t>(cropped.frame(0)), (std::vector<std::uint16_t>{12, 22, 13, 23}));
  EXPECT_EQ(cropped.info().centre_row, 1);
  EXPECT_EQ(cropped.info().centre_col, 1);
  EXPECT_EQ(cropped.info().mask, (std::vector<std::uint8_t>{0, 0, 1, 0}));

  options.bin = 2;
  options.detector_pixel_m = 1e-5;
  const SeriesReader binned(path, options);
  EXPECT_EQ(binned.info().dtype, Dtype::u32);
  EXPECT_EQ(values_of<std::uint32_t>(binned.frame(0)), (std::vector<std::uint32_t>{70}));
  EXPECT_EQ(binned.info().centre_row, 0.25);
  EXPECT_EQ(binned.info().mask, (std::vector<std::uint8_t>{1}));
  EXPECT_EQ(binned.info().detector_pixel_m, 2e-5);
}

TEST_F(Reader, OneFlaggedPixelFlagsItsBin) {
  make("h['d'] = np.array([[[1, 2, 65535, 4], [5, 6, 7, 8]]], 'u2')");
  const SeriesReader reader(path, {.positions = "none", .bin = 2});
  EXPECT_EQ(values_of<std::uint32_t>(reader.frame(0)), (std::vector<std::uint32_t>{14, 4294967295u}));
}

TEST_F(Reader, SelectedFramesKeepTheirPositionsAndMonitor) {
  make_plain("h['i0'] = np.arange(6) * 0.5");
  const SeriesReader reader(path, {.positions = "xy", .frames = {{2, 5}}, .monitor = "i0"});
  ASSERT_EQ(reader.size(), 3u);
  const Frame frame = reader.frame(0);
  EXPECT_EQ(frame.id, 0u);
  EXPECT_EQ(values_of<std::uint16_t>(frame)[0], 200);
  EXPECT_EQ(frame.position, (Position{2e-6, -4e-6}));
  EXPECT_EQ(frame.monitor, 1.0);
}

}  // namespace
}  // namespace ptero::scanfile
