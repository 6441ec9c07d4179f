#include <gtest/gtest.h>

#include <ptero/codec/codec.hpp>
#include <ptero/scanfile/series_reader.hpp>

#include "archive.hpp"
#include "support/scratch.hpp"

namespace ptero::ingest {
using namespace ptero::test;
namespace {

constexpr Shape shape{16, 16};

SeriesInfo series() {
  SeriesInfo info{.id = 1, .uid = "scan", .n_expected = 3, .frame_shape = shape};
  info.raster = RasterPlan{1, 3};
  return info;
}

Frame frame(FrameId id, Codec codec) {
  Frame frame{.id = id, .shape = shape};
  frame.payload = Bytes::take(std::vector<std::uint16_t>(256, static_cast<std::uint16_t>(7 * id + 1)));
  if (codec == Codec::none) return frame;
  frame.payload = Bytes::take(codec::encode(codec, frame.payload.span(), 2));
  frame.codec = codec;
  return frame;
}

Parts entry(const Parts& parts) {
  Parts all{wire::encode(wire::Received{.t_arrival_ns = 1000})};
  all.insert(all.end(), parts.begin(), parts.end());
  return all;
}

class ArchiveTest : public testing::Test {
 protected:
  void make(const SeriesInfo& info) {
    archive_.emplace(scratch_ / "raw.h5", scanfile::RawWriterOptions{.series = info, .title = info.uid},
                     1 << 20);
    archive_->copy(entry(wire::encode(info)));
  }
  void copy(const Frame& frame) { archive_->copy(entry(wire::encode(wire::StreamFrame{1, frame}))); }
  void seal() { archive_->seal(Ledger(3, 64)); }

  Scratch scratch_;
  std::optional<Archive> archive_;
};

TEST_F(ArchiveTest, TakesFramesThatAreCompressedInAnotherWayThanTheFirst) {
  for (const auto& order : {std::array{Codec::none, Codec::bslz4, Codec::lz4},
                            std::array{Codec::bslz4, Codec::lz4, Codec::none}}) {
    std::filesystem::remove(scratch_ / "raw.h5");
    make(series());
    for (FrameId id = 0; id < 3; ++id) copy(frame(id, order[id]));
    seal();
    EXPECT_EQ(archive_->refused(), 0u);
    archive_.reset();
    const scanfile::SeriesReader reader(scratch_ / "raw.h5");
    for (FrameId id = 0; id < 3; ++id)
      EXPECT_TRUE(reader.frame(id).payload == frame(id, Codec::none).payload) << id;
  }
}

// What a detector calls its tables and what it puts into them must not keep a file from being written.
TEST_F(ArchiveTest, TakesTablesOfAnyNameAndSize) {
  SeriesInfo info = series();
  const Bytes nothing = Bytes::take(std::vector<std::uint8_t>());
  const Bytes one = Bytes::take(std::vector<std::uint8_t>{1});
  for (const std::string& name :
       {std::string("\0hidden", 7), std::string(), std::string("."), std::string("a/b"), std::string("a_b"),
        std::string(100'000, 'n'), std::string("\xff\xfe")})
    info.detector.tables.push_back({name, Dtype::u8, {1, 1}, one});
  info.detector.tables.push_back({"empty", Dtype::u8, {1, 0}, nothing});
  info.detector.tables.push_back({"none", Dtype::f32, {0, 0}, nothing});
  info.detector.json = std::string(1 << 20, ' ');
  make(info);
  copy(frame(0, Codec::bslz4));
  seal();
  archive_.reset();
  EXPECT_TRUE(scanfile::SeriesReader(scratch_ / "raw.h5").present(0));
}

}  // namespace
}  // namespace ptero::ingest
