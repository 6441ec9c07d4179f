#include <ptero/codec/codec.hpp>
#include <ptero/scanfile/inspect.hpp>
#include <ptero/scanfile/marked_frames.hpp>
#include <ptero/scanfile/raw_writer.hpp>

#include "reader_fixture.hpp"

namespace ptero::scanfile {
namespace {

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

TEST_F(Reader, TheViewOfARawFileIsWhatItsReaderSees) {
  SeriesInfo series{.uid = "v", .frame_shape = {4, 6}};
  series.detector_pixel_m = 1e-4;
  series.centre_row = 1;
  series.centre_col = 4;
  series.mask.assign(24, 0);
  series.mask[1 * 6 + 4] = 1;
  series.view = {.transpose = true, .flip_rows = true, .row0 = 0, .col0 = 0, .crop = {4, 2}, .bin = 2};
  std::vector<std::uint16_t> pixels(24);
  for (std::size_t i = 0; i < 24; ++i) pixels[i] = static_cast<std::uint16_t>(10 * (i / 6) + i % 6);
  {
    RawWriter writer(path, {.series = series});
    ASSERT_FALSE(writer.write({.shape = {4, 6}, .payload = Bytes::take(pixels)}, 1));
    writer.seal({}, 0);
  }
  // Turned: row r is column 5 - r as received; the crop has columns 5, 4, 3, 2 of rows 0 and 1.
  const SeriesReader reader(path, {.positions = "none"});
  EXPECT_EQ(reader.info().frame_shape, (Shape{2, 1}));
  EXPECT_EQ(values_of<std::uint32_t>(reader.frame(0)),
            (std::vector<std::uint32_t>{5 + 15 + 4 + 14, 3 + 13 + 2 + 12}));
  const SeriesInfo expected = viewed(series);
  EXPECT_EQ(reader.info().mask, expected.mask);
  EXPECT_EQ(reader.info().centre_row, expected.centre_row);
  EXPECT_EQ(reader.info().centre_col, expected.centre_col);
  EXPECT_EQ(reader.info().detector_pixel_m, 2e-4);
  EXPECT_TRUE(reader.info().view.is_identity());
  // Who says how to look at it starts from what was received.
  EXPECT_EQ(SeriesReader(path, {.positions = "none", .bin = 2}).info().frame_shape, (Shape{2, 3}));
}

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

TEST_F(Reader, FramesMarkedBadAreThoseAPersonMarked) {
  SeriesInfo series;
  series.frame_shape = {1, 1};
  {
    RawWriter writer(path, {.series = series});
    for (FrameId id : {0, 1, 2, 3, 4})
      ASSERT_FALSE(writer.write({.id = id, .shape = {1, 1}, .payload = Bytes::take(std::string("ab"))}, 1));
    writer.set_state(0, FrameState::selected);
    writer.set_state(1, FrameState::excluded, stored_reason(ExclusionReason::marked));
    writer.set_state(2, FrameState::excluded, stored_reason(ExclusionReason::dark));
    writer.set_state(3, FrameState::corrupt, 3);
    writer.set_state(4, FrameState::excluded, stored_reason(ExclusionReason::marked));
    writer.seal({}, 0);
  }
  EXPECT_EQ(frames_marked_bad(path), (std::vector<FrameId>{1, 4}));
  spill(path, "II*\0 and a page");
  EXPECT_EQ(frames_marked_bad(path), std::vector<FrameId>{});
}

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

}  // namespace
}  // namespace ptero::scanfile
