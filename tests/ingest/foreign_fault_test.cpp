#include <gtest/gtest.h>

#include <ptero/services/host/self_report.hpp>
#include "recorder.hpp"
#include "support/scratch.hpp"

namespace ptero::ingest {
namespace {

/// A frame whose pixels are missing: its header can be read, and that is all.
Parts broken_frame(std::optional<std::uint64_t> series, FrameId id) {
  Frame frame{.id = id, .shape = {2, 2}, .payload = Bytes::take(std::vector<std::uint16_t>(4, 7))};
  Parts parts = wire::encode(wire::StreamFrame{series, std::move(frame)});
  parts[1] = Bytes::take(std::string("short"));
  return parts;
}

TEST(ForeignFault, DoesNotMarkAFrameOfTheRunningSeriesCorrupt) {
  test::Scratch scratch;
  IngestOptions options;
  options.out = (scratch / "out").string();
  SeriesStore store;
  telemetry::Metrics metrics{"ingest"};
  runtime::Alarms alarms{host::alarm_kinds("ingest")};
  UsualMistakes mistakes(alarms, options.source, options.positions);
  Recorder recorder(options, std::nullopt, store, metrics, alarms, mistakes, [] {});
  const auto take = [&](const Parts& parts) {
    recorder.take({.message = wire::decode_stream(parts, options.max_frame_bytes),
                   .native = parts,
                   .raw = parts,
                   .t_arrival_ns = 1});
  };
  take(wire::encode(SeriesInfo{.id = 4, .uid = "running", .n_expected = 10, .frame_shape = {2, 2}}));
  const auto corrupt = [&] { return store.current()->ledger.snapshot().counts[FrameState::corrupt]; };
  take(broken_frame(3, 5));
  EXPECT_EQ(corrupt(), 0u) << "of another series";
  EXPECT_EQ(store.current()->log.size(), 1u);
  take(broken_frame(4, 6));
  EXPECT_EQ(corrupt(), 1u);
  take(broken_frame({}, 7));
  EXPECT_EQ(corrupt(), 2u) << "one that says no series is of the current";
  EXPECT_EQ(store.current()->log.size(), 3u);
}

}  // namespace
}  // namespace ptero::ingest
