#include <gtest/gtest.h>

#include <cmath>
#include <ptero/core/error.hpp>
#include <ptero/spool/inspect.hpp>
#include <ptero/spool/raw_writer.hpp>
#include <ptero/spool/series_reader.hpp>

#include "support/python.hpp"
#include "support/scratch.hpp"

#if __has_include(<ptero/codec/codec.hpp>)
#include <ptero/codec/codec.hpp>
#endif

namespace ptero::spool {
using namespace ptero::test;
namespace {

template <class T>
std::vector<T> values_of(const Frame& frame) {
  const T* first = reinterpret_cast<const T*>(frame.payload.data());
  return {first, first + frame.shape.count()};
}

/// Files are made by h5py, an independent writer.
class Reader : public testing::Test {
 protected:
  void SetUp() override { SKIP_WITHOUT_H5PY(); }

  Scratch scratch;
  const std::filesystem::path path = scratch / "scan.h5";

  void make(const std::string& script) {
    const std::string said = run_python("h = h5py.File(f, 'w')\n" + script + "\nh.close()", path.string());
    ASSERT_EQ(said, "");
  }
  /// 6 frames of 4 x 5, pixel = 100 frame + 10 row + column, and something that is no frame.
  void make_plain(const std::string& more = "") {
    make(
        "n, r, c = np.mgrid[:6, :4, :5]\n"
        "h['frames'] = (100 * n + 10 * r + c).astype('u2'); h['flat'] = np.zeros((4, 5), 'f4')\n"
        "h['xy'] = np.stack([np.arange(6) * 1e-6, np.arange(6) * -2e-6], 1)\n" +
        more);
  }
  std::string refusal(const ReadOptions& options) {
    std::string said = message_of<InputError>([&] { SeriesReader reader(path, options); });
    // The scratch folder's name is random.
    for (std::size_t at; (at = said.find(path.string())) != std::string::npos;)
      said.replace(at, path.string().size(), "FILE");
    return said;
  }
};

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
  EXPECT_EQ(values_of<std::uint8_t>(read("i1")), (std::vector<std::uint8_t>{0, 0, 7}));
  EXPECT_EQ(values_of<std::uint16_t>(read("i2")), (std::vector<std::uint16_t>{0, 0, 7}));
  EXPECT_EQ(values_of<std::uint16_t>(read(">u2")), (std::vector<std::uint16_t>{5, 0, 7}));
  EXPECT_EQ(values_of<std::uint16_t>(read(">i2")), (std::vector<std::uint16_t>{0, 0, 7}));
  EXPECT_EQ(values_of<std::uint32_t>(read(">i8")), (std::vector<std::uint32_t>{0, 0, 7}));
  EXPECT_EQ(values_of<std::uint32_t>(read(">i4")), (std::vector<std::uint32_t>{0, 0, 7}));
  EXPECT_EQ(values_of<std::uint32_t>(read("i8")), (std::vector<std::uint32_t>{0, 0, 7}));
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

TEST_F(Reader, PositionsInEveryShapeAndUnit) {
  make_plain(
      "p = np.stack([np.arange(6.), 10 + np.arange(6.), np.zeros(6)], 1); h['n3'] = p; h['k3'] = p.T\n"
      "h['n2'] = p[:, :2]; h['k2'] = p[:, :2].T; h['x'] = p[:, 0]; h['y'] = p[:, 1:2]\n"
      "h['um'] = p; h['um'].attrs['units'] = 'um'");
  for (const char* spec : {"n3", "k3", "n2", "k2", "x,y"}) {
    const SeriesReader reader(path, {.positions = spec, .position_unit = PositionUnit::nm});
    EXPECT_DOUBLE_EQ(reader.positions()[5]->x_m, 5e-9) << spec;
    EXPECT_DOUBLE_EQ(reader.positions()[5]->y_m, 15e-9) << spec;
  }
  EXPECT_DOUBLE_EQ(SeriesReader(path, {.positions = "um"}).positions()[5]->y_m, 15e-6);
}

TEST_F(Reader, SignSwapScaleOffsetRotationInThatOrder) {
  make_plain("h['p'] = np.tile([[1.0, 2.0]], (6, 1))");
  const SeriesReader reader(path, {.positions = "p",
                                   .position_unit = PositionUnit::um,
                                   .position_axes = PositionAxes::yx,
                                   .position_sign = {-1, 1},
                                   .position_offset_m = {1e-6, 0},
                                   .rotation_deg = 90});
  // (1, 2) -> sign (-1, 2) -> swap (2, -1) -> um -> offset (3, -1) um -> (x', y') = (-y, x) = (1, 3) um.
  EXPECT_NEAR(reader.positions()[0]->x_m, 1e-6, 1e-18);
  EXPECT_NEAR(reader.positions()[0]->y_m, 3e-6, 1e-18);
}

TEST_F(Reader, NanPositionsLeaveFramesUnpositioned) {
  make_plain("p = np.ones((6, 2)) * 1e-6; p[2, 1] = np.nan; p[4] = np.inf; h['p'] = p");
  const SeriesReader reader(path, {.positions = "p"});
  EXPECT_EQ(reader.unpositioned_count(), 2u);
  EXPECT_FALSE(reader.frame(2).position);
  EXPECT_TRUE(reader.frame(3).position);
  EXPECT_EQ(reader.warnings(), (std::vector<std::string>{"2 of 6 frames have no position"}));
}

TEST_F(Reader, DifferentNumbersAreRefusedOrTruncated) {
  make_plain("h['p'] = np.ones((5, 2)) * 1e-6");
  EXPECT_EQ(refusal({.positions = "p"}),
            "the numbers of frames and positions differ: 6 frames in /frames of FILE, 5 positions in /p of "
            "FILE; name "
            "the matching dataset with --positions, or select frames with --frames A:B");
  const SeriesReader reader(path, {.positions = "p", .count_policy = CountPolicy::truncate});
  EXPECT_EQ(reader.unpositioned_count(), 1u);
  EXPECT_TRUE(reader.frame(4).position);
  EXPECT_FALSE(reader.frame(5).position);
  EXPECT_EQ(
      SeriesReader(path, {.positions = "raster:1x5", .step_x_m = 1e-6, .count_policy = CountPolicy::truncate})
          .unpositioned_count(),
      1u);
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

TEST_F(Reader, SelectedRowsOfARaster) {
  make_plain();
  EXPECT_EQ(SeriesReader(path, {.positions = "raster:3x2", .frames = {{2, 6}}}).info().raster,
            (RasterPlan{.rows = 2, .cols = 2}));
  EXPECT_EQ(SeriesReader(path, {.positions = "raster:2x2", .frames = {{0, 4}}}).info().raster,
            (RasterPlan{.rows = 2, .cols = 2}));
  EXPECT_EQ(refusal({.positions = "raster:3x2", .frames = {{1, 6}}}),
            "the selected frames are not whole rows of raster:3x2; select whole rows with --frames, or give "
            "the step "
            "with --step");
  const SeriesReader snake(path, {.positions = "snake:3x2", .step_x_m = 1e-6, .step_y_m = 2e-6});
  EXPECT_EQ(snake.positions()[2], (Position{1e-6, 2e-6}));
}

TEST_F(Reader, CxiAsPynxWritesIt) {
  make(
      "d = h.create_group('entry_1/instrument_1/detector_1'); d['data'] = np.ones((7, 4, 4), 'f4')\n"
      "d['x_pixel_size'] = 55e-6; d['y_pixel_size'] = 55e-6; d['distance'] = 1.5\n"
      "d['mask'] = np.array([[0, 1, 0x1000, 0]] * 4, 'u4')\n"
      "h['entry_1/instrument_1/source_1/energy'] = 1.98644586e-25 / 1e-10\n"
      "h['entry_1/sample_1/geometry_1/translation'] = np.array([np.arange(7), np.arange(7) * 2, "
      "np.zeros(7)]) * 1e-6\n"
      "h['entry_1/data_1/data'] = h5py.SoftLink('/entry_1/instrument_1/detector_1/data')\n"
      "h['entry_1/instrument_1/source_1/illumination'] = np.full((2, 4, 4), 1 + 2j, 'c16')");
  const SeriesReader reader(path);
  EXPECT_DOUBLE_EQ(reader.positions()[6]->y_m, 12e-6);
  EXPECT_NEAR(reader.info().wavelength_m, 1e-10, 1e-17);
  EXPECT_EQ(reader.info().mask[1], 1);
  EXPECT_EQ(reader.info().mask[2], 0);  // "has signal" is good
  ASSERT_EQ(reader.probe().size(), 2u);
  EXPECT_EQ(reader.probe()[1](3, 3), std::complex<float>(1, 2));
  EXPECT_NEAR(SeriesReader(path, {.energy_ev = 12398.4198433}).info().wavelength_m, 1e-10, 1e-18);
}

TEST_F(Reader, OwnRawFileComesBack) {
  SeriesInfo series;
  series.uid = "uid-1";
  series.id = 4;
  series.frame_shape = {2, 3};
  series.wavelength_m = 1e-10;
  series.distance_m = 2;
  series.detector_pixel_m = 75e-6;
  series.centre_row = 1;
  series.centre_col = 1.5;
  series.raster = RasterPlan{.rows = 2, .cols = 2, .step_x_m = 1e-6, .step_y_m = 1e-6};
  series.mask = {0, 0, 1, 0, 0, 0};
  {
    RawWriter writer(path, {.series = series});
    for (FrameId id : {0, 1, 3}) {
      Frame frame{.id = id, .shape = series.frame_shape};
      frame.payload = Bytes::take(std::vector<std::uint16_t>(6, static_cast<std::uint16_t>(id + 1)));
      frame.position = Position{1e-6, 1e-6 * static_cast<double>(id)};
      if (id == 1) frame.monitor = 2.5;
      ASSERT_FALSE(writer.write(frame, 1));
    }
    writer.flush();
    EXPECT_EQ(SeriesReader(path).size(), 4u);  // while it is being written
    writer.seal({}, 0);
  }
  const SeriesReader reader(path);
  SeriesInfo info = reader.info();
  EXPECT_EQ(info.uid, "uid-1");
  EXPECT_EQ(info.id, 4u);
  EXPECT_EQ(info.raster, series.raster);
  EXPECT_EQ(info.mask, series.mask);
  EXPECT_EQ(info.centre_col, 1.5);
  EXPECT_EQ(info.wavelength_m, 1e-10);
  EXPECT_EQ(values_of<std::uint16_t>(reader.frame(3))[0], 4);
  EXPECT_EQ(reader.frame(3).position, (Position{1e-6, 3e-6}));
  EXPECT_TRUE(reader.present(3));
  EXPECT_FALSE(reader.present(2));
  EXPECT_FALSE(reader.frame(2).position);
  EXPECT_EQ(reader.frame(1).monitor, 2.5);
  EXPECT_FALSE(reader.frame(0).monitor);
}

#if __has_include(<ptero/codec/codec.hpp>)
TEST_F(Reader, CompressedFramesAreDecodedWithoutPlugins) {
  SeriesInfo series;
  series.frame_shape = {16, 37};
  std::vector<std::uint16_t> pixels(series.frame_shape.count());
  for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<std::uint16_t>(i * i % 311);
  for (const Codec codec : {Codec::lz4, Codec::bslz4}) {
    {
      RawWriter writer(path,
                       {.series = series, .codec = codec, .existing = RawWriterOptions::Existing::replace});
      Frame frame{.shape = series.frame_shape, .codec = codec};
      frame.payload = Bytes::take(codec::encode(codec, std::as_bytes(std::span(pixels)), 2));
      ASSERT_FALSE(writer.write(frame, 1));
      frame.id = 1;
      frame.codec = Codec::none;
      frame.payload = Bytes::take(pixels);
      ASSERT_FALSE(writer.write(frame, 1));
      frame.id = 3;
      ASSERT_FALSE(writer.write(frame, 1));
      writer.seal({}, 0);
    }
    const SeriesReader reader(path);
    EXPECT_EQ(values_of<std::uint16_t>(reader.frame(0)), pixels);
    EXPECT_EQ(values_of<std::uint16_t>(reader.frame(1)), pixels);
    EXPECT_EQ(values_of<std::uint16_t>(reader.frame(2)), std::vector<std::uint16_t>(pixels.size(), 0));
  }
}
#endif

TEST_F(Reader, LedgerIsProvedFromTheFrames) {
  SeriesInfo series;
  series.n_expected = 3;
  series.frame_shape = {1, 1};
  LedgerCounts counts;
  {
    RawWriter writer(path, {.series = series});
    ASSERT_FALSE(writer.write({.shape = {1, 1}, .payload = Bytes::take(std::string("ab"))}, 1));
    writer.set_state(0, FrameState::selected);
    writer.set_state(1, FrameState::missing);
    writer.set_state(2, FrameState::not_taken);
    for (FrameState state : {FrameState::selected, FrameState::missing, FrameState::not_taken})
      counts[state] = 1;
    writer.seal(counts, 0);
  }
  LedgerProof proof = prove_ledger(path);
  EXPECT_TRUE(proof.faults.empty()) << proof.faults[0];
  EXPECT_EQ(proof.counted, counts);
  EXPECT_NE(describe(path).text().find("ledger_missing: 1\n"), std::string::npos);
  ASSERT_EQ(run_python("h5py.File(f, 'r+')['entry_1/ptero_1/ledger_state'][1] = 7", path.string()), "");
  proof = prove_ledger(path);
  EXPECT_EQ(proof.faults,
            (std::vector<std::string>{"the ledger records 1 frames missing, the file holds 0",
                                      "the ledger records 0 frames background, the file holds 1",
                                      "1 frames have a state but no data"}));
}

TEST_F(Reader, WrongFilesAreRefusedInOneSentence) {
  EXPECT_EQ(refusal({}), "cannot open FILE (there is no such file)");
  spill(path, std::string(3000, 'x'));
  EXPECT_EQ(refusal({}), "FILE is no HDF5 file (its signature is missing); ptero reads HDF5, CXI and NeXus");
  make("h['d'] = np.ones((20, 30, 30))");
  std::filesystem::resize_file(path, 50'000);
  EXPECT_NE(refusal({}).find("FILE is truncated (truncated file: eof = 50000"), std::string::npos)
      << refusal({});
  std::filesystem::remove(path);
  std::filesystem::create_directory(path);
  EXPECT_EQ(refusal({}), "cannot open FILE (it is a directory); name a file in it");
}

TEST_F(Reader, WrongOptionsAreRefusedInOneSentence) {
  make_plain("h['text'] = ['a'] * 6; h['more'] = np.zeros((6, 2, 2))");
  EXPECT_EQ(refusal({}),
            "FILE holds several datasets that could be the frames: /frames (6, 4, 5) <u2, /more (6, 2, 2) "
            "<f8; name one "
            "with --data PATH");
  EXPECT_EQ(refusal({.data = "frame"}),
            "FILE has no dataset frame; it holds /flat (4, 5), /frames (6, 4, 5), /more (6, 2, 2), /text "
            "(6), /xy (6, 2)");
  EXPECT_EQ(refusal({.data = "flat"}),
            "the frames /flat of FILE have shape (4, 5); three dimensions are needed: frames, rows, columns");
  ReadOptions options{.data = "frames", .positions = "flat"};
  EXPECT_EQ(refusal(options),
            "the positions /flat of FILE have shape (4, 5) and type <f4; numbers of shape (N, 2), (N, 3), "
            "(2, N) or "
            "(3, N) are needed");
  options.positions = "raster:48";
  EXPECT_EQ(refusal(options),
            "cannot read the scan plan raster:48; write raster:ROWSxCOLS, such as raster:48x64");
  options.positions = "snake:0x4";
  EXPECT_EQ(refusal(options),
            "cannot read the scan plan snake:0x4; write snake:ROWSxCOLS, such as snake:48x64");
  // The product of the last wraps around to 0.
  for (const char* plan : {"raster:10000x10001", "raster:1000000x1000000", "raster:4294967296x4294967296"}) {
    options.positions = plan;
    EXPECT_EQ(refusal(options), std::string("the scan plan ") + plan +
                                    " has too many positions; at most 100000000 are possible");
  }
  EXPECT_EQ(parse_raster("snake:10000x10000")->count(), max_frame_id);
  options.positions = "xy";
  options.monitor = "flat";
  EXPECT_EQ(refusal(options),
            "the monitor values /flat of FILE have shape (4, 5) and type <f4; one number a frame is needed");
  options.monitor = "";
  options.mask = "xy";
  EXPECT_EQ(refusal(options),
            "the mask /xy of FILE has shape (6, 2), the frames are (4, 5); name a matching one with --mask");
  options.mask = "";
  options.probe = "flat";
  EXPECT_EQ(refusal(options),
            "/flat of FILE has shape (4, 5) and type <f4; a complex image (rows, columns) or a stack of them "
            "is needed");
  options.probe = "";
  options.frames = {{4, 9}};
  EXPECT_EQ(refusal(options),
            "the frames 4:9 are not in /frames of FILE (it holds 6); give --frames A:B with A < B");
  options.frames.reset();
  options.crop = 5;
  EXPECT_NE(refusal(options).find("a crop of 5 rows about row"), std::string::npos);
  options.crop = 0;
  options.bin = 3;
  EXPECT_EQ(refusal(options),
            "frames of 4x5 cannot be binned by 3; choose a --bin that divides both sides, or a --crop");
  options.bin = 1;
  options.centre = {{9, 1}};
  EXPECT_EQ(refusal(options), "the centre is outside the frames of 4x5; give --centre ROW,COL in pixels");
  options.centre.reset();
  options.energy_ev = -3;
  EXPECT_EQ(refusal(options), "--energy-ev is -3.000000; a positive number is needed");
}

TEST_F(Reader, AFilterWithoutPluginIsNamed) {
  SeriesInfo series;
  series.frame_shape = {1, 8};
  series.dtype = Dtype::u8;
  ASSERT_EQ(run_python("h = h5py.File(f, 'w')\n"
                       "p = h5py.h5p.create(h5py.h5p.DATASET_CREATE); p.set_chunk((1, 2, 2))\n"
                       "p.set_filter(32015, h5py.h5z.FLAG_OPTIONAL, ())\n"
                       "h5py.h5d.create(h.id, b'd', h5py.h5t.STD_U8LE, h5py.h5s.create_simple((3, 2, 2)), p)",
                       path.string()),
            "");
  const std::string said = refusal({.data = "d", .positions = "none"});
  EXPECT_NE(said.find("cannot read /d of FILE, compressed with HDF5 filter 32015"), std::string::npos)
      << said;
  EXPECT_NE(said.find("HDF5_PLUGIN_PATH"), std::string::npos);
}

TEST_F(Reader, HDF5StaysSilent) {
  testing::internal::CaptureStderr();
  (void)refusal({});
  spill(path, "no HDF5");
  (void)refusal({});
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

}  // namespace
}  // namespace ptero::spool
