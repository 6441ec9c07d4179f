#include <gtest/gtest.h>

#include <cmath>
#include <ptero/wire/stream.hpp>
#include <stdexcept>

#include "golden.hpp"

namespace ptero::wire {
namespace {

constexpr std::size_t limit = golden::max_frame_bytes;
const std::vector<std::uint16_t> pixels = {0, 1, 2, 300, 40000, 65535};

template <class T>
T decoded(const Parts& parts) {
  auto message = decode_stream(parts, limit);
  if (!message) throw std::runtime_error(std::string(name_of(message.reason().fault)));
  return std::get<T>(*message);
}

template <class T>
T decoded(const std::string& name) {
  return decoded<T>(golden::parts(name));
}

SeriesInfo full_start() {
  SeriesInfo start{.id = 3, .uid = "2026-07-14_0003", .n_expected = 1836, .frame_shape = {2, 3}};
  start.wavelength_m = 1.4e-10;
  start.distance_m = 1.92;
  start.detector_pixel_m = 7.5e-5;
  start.object_pixel_m = 1.41e-8;
  start.centre_row = 0.5;
  start.centre_col = 1;
  start.raster = RasterPlan{36, 51, 1e-7, -6.1e-8, ScanOrder::snake};
  start.mask = {0, 0, 1, 0, 0, 0};
  return start;
}

StreamFrame plain_frame() {
  return {.frame = {.id = 7, .shape = {2, 3}, .dtype = Dtype::u16, .payload = Bytes::take(pixels)}};
}

StreamFrame full_frame() {
  StreamFrame message = plain_frame();
  message.series = 3;
  message.frame.t_start_ns = 1'000'000'000;
  message.frame.t_stop_ns = 1'001'000'000;
  message.frame.position = Position{1.25e-6, -2.5e-7};
  message.frame.monitor = 1523.5;
  return message;
}

void expect_same(const SeriesInfo& a, const SeriesInfo& b) {
  EXPECT_EQ(a.id, b.id);
  EXPECT_EQ(a.uid, b.uid);
  EXPECT_EQ(a.n_expected, b.n_expected);
  EXPECT_EQ(a.frame_shape, b.frame_shape);
  EXPECT_EQ(a.dtype, b.dtype);
  EXPECT_EQ(a.wavelength_m, b.wavelength_m);
  EXPECT_EQ(a.distance_m, b.distance_m);
  EXPECT_EQ(a.detector_pixel_m, b.detector_pixel_m);
  EXPECT_EQ(a.object_pixel_m, b.object_pixel_m);
  EXPECT_EQ(a.centre_row, b.centre_row);
  EXPECT_EQ(a.centre_col, b.centre_col);
  EXPECT_EQ(a.raster, b.raster);
  EXPECT_EQ(a.mask, b.mask);
}

void expect_same(const StreamFrame& a, const StreamFrame& b) {
  EXPECT_EQ(a.series, b.series);
  EXPECT_EQ(a.frame.id, b.frame.id);
  EXPECT_EQ(a.frame.shape, b.frame.shape);
  EXPECT_EQ(a.frame.dtype, b.frame.dtype);
  EXPECT_EQ(a.frame.codec, b.frame.codec);
  EXPECT_EQ(a.frame.block_bytes, b.frame.block_bytes);
  EXPECT_TRUE(a.frame.payload == b.frame.payload);
  EXPECT_EQ(a.frame.t_start_ns, b.frame.t_start_ns);
  EXPECT_EQ(a.frame.t_stop_ns, b.frame.t_stop_ns);
  EXPECT_EQ(a.frame.position, b.frame.position);
  EXPECT_EQ(a.frame.monitor, b.frame.monitor);
}

TEST(Start, IsTheGoldenMessage) {
  expect_same(decoded<SeriesInfo>("start"), full_start());
  EXPECT_EQ(encode(full_start()), golden::parts("start"));
}

TEST(Start, CarriesTheViewAndWhatTheDetectorSaidBeyondIt) {
  SeriesInfo start{.id = 3, .uid = "2026-07-14_0003", .frame_shape = {2, 3}};
  start.mask = {0, 0, 1, 0, 0, 0};
  start.view = {.transpose = true, .flip_cols = true, .row0 = 1, .crop = {2, 2}, .bin = 2};
  start.detector.json = R"({"sensor_material":"Si"})";
  start.detector.tables = {{"countrate_table", Dtype::f32, {1, 2}, Bytes::take(std::vector<float>{0, 1.5})},
                           {"header_appendix", Dtype::u8, {1, 3}, Bytes::take(std::string("abc"))}};
  EXPECT_EQ(encode(start), golden::parts("start_detector"));
  const auto read = decoded<SeriesInfo>("start_detector");
  expect_same(read, start);
  EXPECT_EQ(read.view, start.view);
  EXPECT_EQ(read.detector.json, start.detector.json);
  ASSERT_EQ(read.detector.tables.size(), 2u);
  EXPECT_EQ(read.detector.tables[0].name, "countrate_table");
  EXPECT_EQ(read.detector.tables[0].dtype, Dtype::f32);
  EXPECT_EQ(read.detector.tables[0].shape, (Shape{1, 2}));
  EXPECT_EQ(read.detector.tables[1].values, start.detector.tables[1].values);
}

TEST(Start, RefusesTablesOfAnotherSize) {
  auto parts = golden::parts("start_detector");
  parts[2] = Bytes::take(std::string(7, '\0'));
  const auto message = decode_stream(parts, limit);
  ASSERT_FALSE(message);
  EXPECT_EQ(message.reason().fault, FrameFault::size_mismatch);
}

TEST(Start, NeedsNoMoreThanSeriesUidShapeAndDtype) {
  const SeriesInfo start{.id = 3, .uid = "2026-07-14_0003", .frame_shape = {2, 3}, .dtype = Dtype::u8};
  expect_same(decoded<SeriesInfo>("start_minimal"), start);
  EXPECT_EQ(encode(start), golden::parts("start_minimal"));
}

TEST(Start, TakesAnEnergyForTheWavelengthAndNilForAbsent) {
  const auto start = decoded<SeriesInfo>("start_energy");
  EXPECT_NEAR(start.wavelength_m, 1.40891e-10, 1e-15);  // 8.8 keV
  EXPECT_EQ(start.dtype, Dtype::f32);
  EXPECT_FALSE(start.n_expected);
}

TEST(Start, RefusesAMaskOfAnotherSize) {
  auto parts = golden::parts("start");
  parts[1] = Bytes::take(std::string(5, '\0'));
  const auto message = decode_stream(parts, limit);
  ASSERT_FALSE(message);
  EXPECT_EQ(message.reason().fault, FrameFault::size_mismatch);
}

TEST(Start, CountsWhatIsNotFiniteAsNotGiven) {
  SeriesInfo start = full_start();
  start.centre_row = NAN;
  start.raster->step_x_m = INFINITY;
  const auto read = decoded<SeriesInfo>(encode(start));
  EXPECT_FALSE(read.centre_row);
  EXPECT_FALSE(read.centre_col);
  EXPECT_EQ(read.raster->step_x_m, 0);
  EXPECT_EQ(read.raster->step_y_m, start.raster->step_y_m);
}

TEST(Start, TakesPlansAndNumbersUpToTheLargest) {
  SeriesInfo start = full_start();
  start.n_expected = max_frame_id;
  start.raster->rows = 10'000;
  start.raster->cols = 10'000;
  expect_same(decoded<SeriesInfo>(encode(start)), start);
  start.raster->cols = 10'001;
  EXPECT_FALSE(decode_stream(encode(start), limit));
}

TEST(Start, TakesAUidInAnyLanguage) {
  SeriesInfo start = full_start();
  for (const char* uid : {"PETRA III: Blütenstaub 7", "試料-0042", "\U0001F984", "a.b"}) {
    start.uid = uid;
    EXPECT_EQ(decoded<SeriesInfo>(encode(start)).uid, uid);
  }
  // A surrogate, beyond Unicode, a continuation alone, a line break, delete.
  for (const char* uid : {"\xed\xa0\x80", "\xf4\x90\x80\x80", "\x80", "a\nb", "\x7f"}) {
    start.uid = uid;
    EXPECT_FALSE(decode_stream(encode(start), limit)) << uid;
  }
}

TEST(StreamFrame, IsTheGoldenMessage) {
  expect_same(decoded<StreamFrame>("frame"), full_frame());
  EXPECT_EQ(encode(full_frame()), golden::parts("frame"));
}

TEST(StreamFrame, WithoutPositionMonitorAndSeriesIsTheGoldenMessage) {
  expect_same(decoded<StreamFrame>("frame_no_position"), plain_frame());
  EXPECT_EQ(encode(plain_frame()), golden::parts("frame_no_position"));
}

TEST(StreamFrame, CarriesACompressedPayloadUntouched) {
  const auto parts = golden::parts("frame_bslz4");
  StreamFrame message = plain_frame();
  message.series = 3;
  message.frame.shape = {2, 4};
  message.frame.codec = Codec::bslz4;
  message.frame.block_bytes = 16;
  message.frame.payload = parts[1];
  expect_same(decoded<StreamFrame>(parts), message);
  EXPECT_EQ(encode(message), parts);
}

TEST(StreamFrame, ComesInEveryAcceptedForm) {
  for (const std::string name : {"frame_short", "frame_numpy_text", "frame_numpy_binary",
                                 "frame_unknown_keys", "frame_nan_position"}) {
    SCOPED_TRACE(name);
    expect_same(decoded<StreamFrame>(name), plain_frame());
  }
  StreamFrame with_series = plain_frame();
  with_series.series = 3;
  for (const std::string name : {"frame_one_part", "frame_numpy"}) {
    SCOPED_TRACE(name);
    expect_same(decoded<StreamFrame>(name), with_series);
  }
}

TEST(StreamFrame, SharesTheReceivedBytesAndKeepsThemAlive) {
  auto two = golden::parts("frame");
  EXPECT_EQ(decoded<StreamFrame>(two).frame.payload.data(), two[1].data());
  auto one = golden::parts("frame_one_part");
  const auto* begin = one[0].data();
  const auto message = decoded<StreamFrame>(one);
  one.clear();
  EXPECT_GT(message.frame.payload.data(), begin);
  EXPECT_TRUE(message.frame.payload == Bytes::take(pixels));
}

TEST(StreamFrame, ExactlyOfTheMaximumSizeIsAccepted) {
  EXPECT_TRUE(decode_stream(golden::parts("frame"), 12));
  const auto over = decode_stream(golden::parts("frame"), 11);
  ASSERT_FALSE(over);
  EXPECT_EQ(over.reason().fault, FrameFault::too_large);
  EXPECT_EQ(over.reason().frame, 7u);
}

TEST(StreamFrame, OfThreePartsOrNoneIsMalformed) {
  auto parts = golden::parts("frame");
  parts.push_back(parts[1]);
  EXPECT_EQ(decode_stream(parts, limit).reason().fault, FrameFault::malformed);
  EXPECT_EQ(decode_stream({}, limit).reason().fault, FrameFault::malformed);
}

TEST(StreamEnd, IsTheGoldenMessage) {
  const auto end = decoded<StreamEnd>("end");
  EXPECT_EQ(end.series, 3u);
  EXPECT_EQ(end.frames, 1836u);
  EXPECT_EQ(encode(StreamEnd{3, 1836}), golden::parts("end"));
  EXPECT_FALSE(decoded<StreamEnd>("end_open").frames);
  EXPECT_EQ(encode(StreamEnd{3, {}}), golden::parts("end_open"));
}

TEST(StreamFrame, HasAnIdBelowTheLargest) {
  StreamFrame message = plain_frame();
  message.frame.id = max_frame_id - 1;
  expect_same(decoded<StreamFrame>(encode(message)), message);
  message.frame.id = max_frame_id;
  EXPECT_FALSE(decode_stream(encode(message), limit));
}

TEST(StreamFrame, MayCarryTheUidOfItsSeries) {
  StreamFrame message = plain_frame();
  message.series = 3;
  message.uid = "2026-07-14_0003";
  EXPECT_EQ(encode(message), golden::parts("frame_uid"));
  EXPECT_EQ(decoded<StreamFrame>("frame_uid").uid, message.uid);
  EXPECT_EQ(decoded<StreamFrame>("frame").uid, "");
  EXPECT_EQ(encode(StreamEnd{3, 1836, message.uid}), golden::parts("end_uid"));
  EXPECT_EQ(decoded<StreamEnd>("end_uid").uid, message.uid);
}

// Who counts from elsewhere says so himself.
TEST(StreamFrame, MayHaveAnyIdWhereTheReaderAllowsIt) {
  StreamFrame message = plain_frame();
  message.frame.id = 4'294'967'290;
  const auto read = decode_stream(encode(message), limit, ~FrameId{0});
  ASSERT_TRUE(read);
  EXPECT_EQ(std::get<StreamFrame>(*read).frame.id, message.frame.id);
}

TEST(StreamFrame, OfBigEndianPixelsIsSwapped) {
  const auto read = decoded<StreamFrame>("frame_big_endian");
  EXPECT_EQ(read.frame.dtype, Dtype::u16);
  EXPECT_TRUE(read.frame.payload == Bytes::take(pixels));
}

TEST(StreamFrame, MayBeOfAnyPixelTypeThatIsRecorded) {
  for (const Dtype dtype : {Dtype::i8, Dtype::i16, Dtype::i32, Dtype::i64, Dtype::u64, Dtype::f64}) {
    StreamFrame message = plain_frame();
    message.frame.dtype = dtype;
    message.frame.payload = Bytes::take(std::vector<std::byte>(6 * size_of(dtype)));
    expect_same(decoded<StreamFrame>(encode(message)), message);
  }
}

TEST(StreamFrame, OfAnUnknownPixelTypeSaysWhich) {
  const auto read = decode_stream(golden::parts("hostile_unknown_dtype"), limit);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.reason().dtype, "<c8");
}

TEST(Start, TakesTheAnnouncedNumberForAHint) {
  for (const std::uint64_t n : {std::uint64_t{0}, max_frame_id + 1, ~std::uint64_t{0}}) {
    SeriesInfo start = full_start();
    start.n_expected = n;
    EXPECT_FALSE(decoded<SeriesInfo>(encode(start)).n_expected) << n;
    // An end of a series without frames is one.
    const auto end = decoded<StreamEnd>(encode(StreamEnd{3, n}));
    EXPECT_EQ(end.frames, n == 0 ? std::optional(n) : std::nullopt) << n;
  }
}

TEST(StreamEnd, MayHaveUsedEveryId) {
  EXPECT_EQ(decoded<StreamEnd>(encode(StreamEnd{3, max_frame_id})).frames, max_frame_id);
}

TEST(Received, IsTheGoldenMessage) {
  const auto good = decode_received(golden::header("received"));
  ASSERT_TRUE(good);
  EXPECT_EQ(good->t_arrival_ns, 123456789012);
  EXPECT_FALSE(good->fault);
  EXPECT_EQ(encode(Received{123456789012, {}}), golden::header("received"));

  const auto lost = decode_received(golden::header("received_join"));
  ASSERT_TRUE(lost);
  EXPECT_EQ(lost->join, JoinOutcome::lost);
  EXPECT_EQ(encode(*lost), golden::header("received_join"));

  const auto bad = decode_received(golden::header("received_fault"));
  ASSERT_TRUE(bad);
  ASSERT_TRUE(bad->fault);
  EXPECT_EQ(bad->fault->fault, FrameFault::size_mismatch);
  EXPECT_EQ(bad->fault->frame, 7u);
  EXPECT_EQ(encode(*bad), golden::header("received_fault"));

  const auto told = decode_received(golden::header("received_fault_series"));
  ASSERT_TRUE(told);
  EXPECT_EQ(told->fault->series, 3u);
  EXPECT_EQ(encode(*told), golden::header("received_fault_series"));
}

TEST(StreamFault, SaysTheSeriesWhereTheHeaderCouldBeRead) {
  StreamFrame message = plain_frame();
  message.series = 8;
  Parts parts = encode(message);
  parts[1] = Bytes::take(std::string("short"));
  const auto fault = decode_stream(parts, limit);
  ASSERT_FALSE(fault);
  EXPECT_EQ(fault.reason().series, 8u);
  EXPECT_EQ(fault.reason().frame, message.frame.id);
  EXPECT_FALSE(decode_stream({Bytes::take(std::string("no MessagePack"))}, limit).reason().series);
}

TEST(StreamEntry, IsANoteAndTheMessageBehindIt) {
  const StreamFrame message = plain_frame();
  Parts parts{encode(Received{42, {}})};
  for (const Bytes& part : encode(message)) parts.push_back(part);
  const auto entry = decode_entry(parts);
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->note.t_arrival_ns, 42);
  expect_same(std::get<StreamFrame>(*entry->message), message);

  const auto fault =
      decode_entry({encode(Received{.t_arrival_ns = 42, .fault = StreamFault{FrameFault::too_large, 7}})});
  ASSERT_TRUE(fault);
  EXPECT_FALSE(fault->message);
  EXPECT_EQ(fault->note.fault->frame, 7u);

  EXPECT_FALSE(decode_entry({}));
  EXPECT_FALSE(decode_entry({parts[0]})) << "a note that promises a message";
  EXPECT_FALSE(decode_entry({parts[1], parts[2]})) << "a message without its note";
  EXPECT_EQ(decode_entry(parts, 1).reason().fault, FrameFault::too_large);
}

}  // namespace
}  // namespace ptero::wire
