#include <gtest/gtest.h>

#include <cstdlib>
#include <ptero/core/error.hpp>
#include <ptero/scanfile/raw_writer.hpp>

#include "support/python.hpp"
#include "support/scratch.hpp"

namespace ptero::scanfile {
using namespace ptero::test;
namespace {

constexpr Shape shape{4, 6};

SeriesInfo series() {
  SeriesInfo info;
  info.id = 7;
  info.uid = "uid-7";
  info.n_expected = 10;
  info.frame_shape = shape;
  info.wavelength_m = 1e-10;
  info.distance_m = 2;
  info.detector_pixel_m = 75e-6;
  info.mask.assign(shape.count(), 0);
  info.mask[5] = 1;
  return info;
}

Frame frame_of(FrameId id) {
  std::vector<std::uint16_t> pixels(shape.count());
  for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<std::uint16_t>(100 * id + i);
  Frame frame{.id = id, .shape = shape, .payload = Bytes::take(std::move(pixels))};
  frame.t_start_ns = 1000 * static_cast<std::int64_t>(id);
  frame.t_stop_ns = frame.t_start_ns + 500;
  frame.position = Position{1e-6 * static_cast<double>(id), -2e-6};
  frame.monitor = 0.5;
  return frame;
}

class RawFileTest : public testing::Test {
 protected:
  void SetUp() override { SKIP_WITHOUT_H5PY(); }
  Scratch scratch;
  const std::filesystem::path path = scratch / "raw.h5";
  RawWriterOptions options{.series = series(), .title = "a test", .configuration = "[ingest]\nrate = 1\n"};
};

TEST_F(RawFileTest, IsReadableWhileItGrows) {
  RawWriter writer(path, options);
  for (FrameId id = 0; id < 3; ++id) EXPECT_FALSE(writer.write(frame_of(id), 5));
  writer.flush();
  const std::string out = run_python(
      "h = h5py.File(f, 'r', libver='latest', swmr=True)\n"
      "d = h['/entry_1/data_1/data']; print(d.shape, d.dtype, d[2].sum(), h['entry_1/ptero_1/sealed'][()])",
      path.string());
  EXPECT_EQ(out, "(3, 4, 6) uint16 5076 0\n");
  EXPECT_FALSE(writer.write(frame_of(9), 5));
  writer.flush();
  EXPECT_EQ(run_python("h = h5py.File(f, 'r', libver='latest', swmr=True)\n"
                       "print(h['entry_1/data_1/data'].shape, h['entry_1/data_1/data'][9, 0, 1])",
                       path.string()),
            "(10, 4, 6) 901\n");
}

TEST_F(RawFileTest, KeepsEverythingByFrameId) {
  RawWriter writer(path, options);
  for (FrameId id : {3, 0, 2}) EXPECT_FALSE(writer.write(frame_of(id), 1'700'000'000'000'000'000));
  writer.set_position(1, {7e-6, 8e-6});
  for (FrameId id : {0, 2, 3}) writer.set_state(id, FrameState::selected);
  writer.set_state(1, FrameState::missing);
  for (FrameId id = 4; id < 10; ++id) writer.set_state(id, FrameState::not_taken);
  LedgerCounts counts;
  counts[FrameState::selected] = 3;
  counts[FrameState::missing] = 1;
  counts[FrameState::not_taken] = 6;
  writer.seal(counts, 1'700'000'001'500'000'000);

  const std::string out = run_python(
      "h = h5py.File(f, 'r'); e = h['entry_1']; p = e['ptero_1']\n"
      "print(e['data_1/data'][:, 0, 0].tolist())\n"
      "print(e['data_1/translation'][:, 0].tolist(), e['data/y'].shape)\n"
      "print(p['frame_arrived'][()].tolist(), p['ledger_state'][()].tolist(), "
      "p['ledger_counts'][()].tolist())\n"
      "print(p['exposure_stop_ns'][3], p['arrival_time_unix_ns'][1], p['sealed'][()])\n"
      "print(e['end_time'][()].decode(), e['instrument_1/monitor_1/data'][()].tolist())\n"
      "print(p['configuration'][()].decode(), dict(p.attrs))",
      path.string());
  EXPECT_EQ(out,
            "[0, 0, 200, 300]\n"
            "[0.0, 7e-06, 2e-06, 3e-06] (4,)\n"
            "[1, 0, 1, 1] [8, 1, 8, 8, 2, 2, 2, 2, 2, 2] [0, 1, 6, 0, 0, 0, 0, 0, 3]\n"
            "3500 0 1\n"
            "2023-11-14T22:13:21.500Z [0.5, nan, 0.5, 0.5]\n"
            "[ingest]\nrate = 1\n {'NX_class': 'NXcollection', 'codec': 'none', 'n_expected': 10, "
            "'raw_version': 1, 'series_id': 7, "
            "'series_uid': 'uid-7'}\n");
}

TEST_F(RawFileTest, CompressedChunksAreStoredAsReceived) {
  options.codec = Codec::bslz4;
  RawWriter writer(path, options);
  Frame packed = frame_of(0);
  packed.codec = Codec::bslz4;
  // Header: decoded bytes and block bytes, big endian; the body is not looked at.
  const std::string payload("\0\0\0\0\0\0\0\x30\0\0\x20\0BODY", 16);
  packed.payload = Bytes::take(payload);
  EXPECT_FALSE(writer.write(packed, 1));
  EXPECT_FALSE(writer.write(frame_of(1), 1));  // a plain frame among packed ones
  packed.payload = Bytes::take(std::string("short"));
  EXPECT_EQ(writer.write(packed, 1), FrameFault::size_mismatch);
  packed.codec = Codec::lz4;
  EXPECT_EQ(writer.write(packed, 1), FrameFault::unsupported_codec);
  writer.seal({}, 0);
  EXPECT_EQ(
      run_python("d = h5py.File(f, 'r')['entry_1/data_1/data']; print(d.id.read_direct_chunk((0, 0, 0)))\n"
                 "print(d.id.get_create_plist().get_filter(0)[0], d[1, 0].tolist())",
                 path.string()),
      "(0, b'\\x00\\x00\\x00\\x00\\x00\\x00\\x000\\x00\\x00 \\x00BODY')\n32008 [100, 101, 102, 103, 104, "
      "105]\n");
}

TEST_F(RawFileTest, RefusesFramesThatDoNotFit) {
  RawWriter writer(path, options);
  Frame bad = frame_of(0);
  bad.shape = {6, 4};
  EXPECT_EQ(writer.write(bad, 0), FrameFault::wrong_shape);
  bad = frame_of(0);
  bad.dtype = Dtype::u32;
  EXPECT_EQ(writer.write(bad, 0), FrameFault::wrong_shape);
  bad = frame_of(0);
  bad.payload = Bytes::take(std::string("x"));
  EXPECT_EQ(writer.write(bad, 0), FrameFault::size_mismatch);
  bad = frame_of(1'000'000'000'000);
  EXPECT_EQ(writer.write(bad, 0), FrameFault::malformed);
  EXPECT_EQ(writer.rows(), 0u);
}

TEST_F(RawFileTest, NeverReplacesAFileUnasked) {
  RawWriter(path, options).seal({}, 0);
  EXPECT_EQ(message_of<InputError>([&] { RawWriter again(path, options); }),
            path.string() + " already exists; choose another name or move it away");
  options.existing = RawWriterOptions::Existing::replace;
  RawWriter again(path, options);
  EXPECT_NE(message_of<Error>([&] { RawWriter none(scratch / "no/raw.h5", options); }).find("cannot create"),
            std::string::npos);
}

}  // namespace
}  // namespace ptero::scanfile
