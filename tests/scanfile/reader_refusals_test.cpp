#include "reader_fixture.hpp"

namespace ptero::scanfile {
namespace {

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

TEST_F(Reader, OfManyDatasetsTheLargestAreNamed) {
  make_plain("[h.__setitem__('small%d' % i, [1]) for i in range(20)]");
  const auto said = refusal({.data = "frame"});
  EXPECT_NE(said.find("it holds /frames (6, 4, 5)"), std::string::npos) << said;
  EXPECT_NE(said.find("and 15 smaller ones"), std::string::npos) << said;
}

TEST_F(Reader, WrongOptionsAreRefusedInOneSentence) {
  make_plain("h['text'] = ['a'] * 6; h['more'] = np.zeros((6, 2, 2))");
  EXPECT_EQ(refusal({}),
            "FILE holds several datasets that could be the frames: /frames (6, 4, 5) <u2, /more (6, 2, 2) "
            "<f8; name one "
            "with --data PATH");
  EXPECT_EQ(
      refusal({.data = "frame"}),
      "FILE has no dataset frame; it holds /flat (4, 5) <f4, /frames (6, 4, 5) <u2, /more (6, 2, 2) <f8, "
      "/text (6) text, /xy (6, 2) <f8");
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
}  // namespace ptero::scanfile
