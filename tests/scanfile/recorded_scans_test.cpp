#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <numeric>
#include <ptero/core/error.hpp>
#include <ptero/product/product.hpp>
#include <ptero/scanfile/inspect.hpp>
#include <ptero/scanfile/series_reader.hpp>

#include "support/recorded.hpp"
#include "support/scratch.hpp"

namespace ptero::scanfile {
using namespace ptero::test;
namespace {

/// Expected numbers were read with h5py.

template <class T>
const T* pixels_of(const Frame& frame) {
  return reinterpret_cast<const T*>(frame.payload.data());
}

template <class T>
double total_of(const Frame& frame) {
  return std::accumulate(pixels_of<T>(frame), pixels_of<T>(frame) + frame.shape.count(), 0.0);
}

ReadOptions siemens_options() {
  ReadOptions options;
  options.data = "patterns";
  options.positions = "positions_px";
  options.position_unit = PositionUnit::px;
  options.position_axes = PositionAxes::yx;
  options.probe = "probe";
  return options;
}

TEST(RecordedScans, SiemensStar) {
  SKIP_WITHOUT(siemens);
  const SeriesReader reader(recorded(siemens), siemens_options());
  ASSERT_EQ(reader.size(), 516u);
  EXPECT_EQ(reader.info().frame_shape, (Shape{128, 128}));
  EXPECT_EQ(reader.info().dtype, Dtype::u16);
  EXPECT_EQ(reader.info().object_pixel_m, 1);
  EXPECT_EQ(reader.unpositioned_count(), 0u);
  const Frame first = reader.frame(0);
  EXPECT_EQ(first.payload.size(), 2u * 128 * 128);
  EXPECT_EQ(total_of<std::uint16_t>(first), 456722);
  EXPECT_EQ(total_of<std::uint16_t>(reader.frame(515)), 446486);
  EXPECT_EQ(pixels_of<std::uint16_t>(reader.frame(7))[60 * 128 + 61], 10);
  // Recorded as (y, x).
  EXPECT_NEAR(first.position->y_m, 167.57964, 1e-4);
  EXPECT_NEAR(first.position->x_m, -159.73396, 1e-4);
  ASSERT_EQ(reader.probe().size(), 1u);
  EXPECT_NEAR(reader.probe()[0](64, 64).real(), 0.14645313, 1e-7);
  EXPECT_NEAR(reader.probe()[0](64, 64).imag(), 0.13865523, 1e-7);
}

TEST(RecordedScans, PixelPositionsScaleWithAKnownObjectPixel) {
  SKIP_WITHOUT(siemens);
  ReadOptions options = siemens_options();
  options.wavelength_m = 1e-10;
  options.distance_m = 1.28;
  options.detector_pixel_m = 1e-4;  // object pixel 1e-10 x 1.28 / (128 x 1e-4) = 10 nm
  const SeriesReader whole(recorded(siemens), options);
  EXPECT_NEAR(whole.frame(0).position->y_m, 167.57964e-8, 1e-12);
  EXPECT_NEAR(whole.info().object_pixel_for(128), 1e-8, 1e-20);
  options.crop = 64;
  const SeriesReader cropped(recorded(siemens), options);
  EXPECT_NEAR(cropped.frame(0).position->y_m, 167.57964e-8, 1e-12);
  EXPECT_NEAR(cropped.info().object_pixel_for(64), 2e-8, 1e-20);
  options.bin = 2;
  EXPECT_NEAR(SeriesReader(recorded(siemens), options).info().object_pixel_for(32), 2e-8, 1e-20);
}

TEST(RecordedScans, UnknownObjectPixelGrowsWithTheCrop) {
  SKIP_WITHOUT(siemens);
  ReadOptions options = siemens_options();
  options.crop = 64;
  EXPECT_EQ(SeriesReader(recorded(siemens), options).info().object_pixel_m, 2);
}

TEST(RecordedScans, PositionsThatCannotBeMetresAreRefused) {
  SKIP_WITHOUT(siemens);
  ReadOptions options = siemens_options();
  options.position_unit.reset();
  EXPECT_NE(message_of<InputError>([&] {
              SeriesReader r(recorded(siemens), options);
            }).find("167.579636, which cannot be metres; say what they are with --position-unit"),
            std::string::npos);
}

TEST(RecordedScans, RotavirusRasterTransposedAndTurned) {
  SKIP_WITHOUT(rotavirus);
  ReadOptions options;
  options.positions = "raster:48x48";
  options.transpose = true;
  const SeriesReader bare(recorded(rotavirus), options);
  ASSERT_EQ(bare.size(), 2304u);
  EXPECT_EQ(bare.info().raster, (RasterPlan{.rows = 48, .cols = 48}));
  EXPECT_FALSE(bare.frame(5).position);
  EXPECT_EQ(bare.unpositioned_count(), 0u);
  const Frame first = bare.frame(0);
  EXPECT_EQ(first.dtype, Dtype::u8);
  EXPECT_EQ(total_of<std::uint8_t>(first), 91840);
  EXPECT_EQ(pixels_of<std::uint8_t>(first)[100 * 256 + 120], 8);
  EXPECT_EQ(pixels_of<std::uint8_t>(first)[120 * 256 + 100], 3);

  options.step_x_m = 31.25e-10;
  options.rotation_deg = 126;
  const SeriesReader turned(recorded(rotavirus), options);
  // Frame 49 is row 1, column 1 of the scan.
  const double angle = 126 * std::numbers::pi / 180;
  EXPECT_NEAR(turned.frame(1).position->x_m, 31.25e-10 * std::cos(angle), 1e-20);
  EXPECT_NEAR(turned.frame(1).position->y_m, 31.25e-10 * std::sin(angle), 1e-20);
  EXPECT_NEAR(turned.frame(49).position->x_m, 31.25e-10 * (std::cos(angle) - std::sin(angle)), 1e-20);
  EXPECT_EQ(turned.info().raster->step_y_m, 31.25e-10);
}

TEST(RecordedScans, RotavirusNeedsToBeToldItsPositions) {
  SKIP_WITHOUT(rotavirus);
  EXPECT_EQ(message_of<InputError>([&] { SeriesReader r(recorded(rotavirus)); }),
            recorded(rotavirus).string() +
                " holds no positions at a standard place; name them with --positions PATH, or give "
                "raster:ROWSxCOLS or none");
  EXPECT_EQ(
      message_of<InputError>([&] { SeriesReader r(recorded(rotavirus), {.positions = "raster:48x50"}); }),
      "the numbers of frames and positions differ: 2304 frames in /dp of " + recorded(rotavirus).string() +
          ", 2400 positions in raster:48x50; name the matching dataset with --positions, or select frames "
          "with "
          "--frames A:B");
}

TEST(RecordedScans, PetraCxiExplainsItself) {
  SKIP_WITHOUT(petra);
  const SeriesReader reader(recorded(petra));
  ASSERT_EQ(reader.size(), 200u);
  const SeriesInfo& info = reader.info();
  EXPECT_EQ(info.frame_shape, (Shape{100, 100}));
  EXPECT_EQ(info.dtype, Dtype::u32);
  EXPECT_NEAR(info.wavelength_m, 9.794912e-11, 1e-17);
  EXPECT_NEAR(info.distance_m, 1.12, 1e-6);
  EXPECT_NEAR(info.detector_pixel_m, 55e-6, 1e-11);
  EXPECT_EQ(std::accumulate(info.mask.begin(), info.mask.end(), 0), 5);
  EXPECT_EQ(info.mask[17 * 100 + 39], 1);
  EXPECT_EQ(total_of<std::uint32_t>(reader.frame(0)), 9665398);
  EXPECT_EQ(total_of<std::uint32_t>(reader.frame(199)), 9692252);
  EXPECT_NEAR(reader.frame(0).position->x_m, -5.3400032e-05, 1e-12);
  EXPECT_NEAR(reader.frame(0).position->y_m, -3.8399612e-05, 1e-12);
  EXPECT_TRUE(reader.warnings().empty());
}

TEST(RecordedScans, SignSwitchNegates) {
  SKIP_WITHOUT(petra);
  const SeriesReader reader(recorded(petra), {.position_sign = {-1, -1}});
  EXPECT_NEAR(reader.frame(0).position->x_m, 5.3400032e-05, 1e-12);
}

TEST(RecordedScans, MatlabProbeFromAnotherFile) {
  SKIP_WITHOUT(rotavirus);
  const std::string probe = recorded("rotavirus-cryo-ptycho/probe.mat").string();
  const ReadOptions by_path{.positions = "none", .frames = {{0, 2}}, .probe = probe + ":probe"};
  const SeriesReader a(recorded(rotavirus), by_path);
  const SeriesReader b(recorded(rotavirus), {.positions = "none", .frames = {{0, 2}}, .probe = probe});
  ASSERT_EQ(a.probe().size(), 1u);
  EXPECT_EQ(a.probe()[0].shape(), (Shape{256, 256}));
  EXPECT_EQ(a.probe()[0](128, 128), b.probe()[0](128, 128));
  EXPECT_GT(std::abs(a.probe()[0](128, 128)), 0);
  EXPECT_EQ(product::read_object(probe).layers.size(), 1u);
}

TEST(RecordedScans, Describe) {
  SKIP_WITHOUT(petra);
  const Description cxi = describe(recorded(petra));
  EXPECT_EQ(cxi.kind, FileKind::cxi);
  const std::string text = cxi.text();
  for (const char* line : {"kind: CXI\n", "frames: 200\n", "frame_shape: 100 x 100\n", "energy: 12658 eV\n",
                           "x: -6.2815e-05 to -4.26574e-05 m\n", "masked_pixels: 5\n",
                           "/entry_1/instrument_1/detector_1/data: (200, 100, 100) <i4\n"})
    EXPECT_NE(text.find(line), std::string::npos) << line << text;
  SKIP_WITHOUT(siemens);
  const Description plain = describe(recorded(siemens));
  EXPECT_EQ(plain.kind, FileKind::hdf5);
  EXPECT_NE(plain.text().find("/probe: (128, 128) <c8\n"), std::string::npos);
  EXPECT_NE(plain.text().find("with 516 rows: /positions_px (516, 2)"), std::string::npos) << plain.text();
}

}  // namespace
}  // namespace ptero::scanfile
