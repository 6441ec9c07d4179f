#pragma once
// A whole ingest on real sockets and a detector in the hand of the test.

#include <gtest/gtest.h>

#include <ptero/scanfile/inspect.hpp>
#include <ptero/services/ingest/ingest.hpp>
#include <ptero/simplon/encode.hpp>
#include <ptero/transport/socket.hpp>
#include <ptero/wire/events.hpp>
#include <ptero/wire/stream.hpp>

#include "support/eventually.hpp"
#include "support/folders.hpp"
#include "support/metric.hpp"
#include "support/scratch.hpp"
#include "tiny_source.hpp"

namespace ptero::test {

class SeriesScenario : public testing::Test {
 protected:
  SeriesScenario() {
    push_.bind("tcp://127.0.0.1:*");
    options_.labels_from = "";  // followers of several names
    options_.source = "native:" + push_.endpoint();
    options_.frame_link = options_.events = "tcp://127.0.0.1:*";
    options_.out = (scratch_ / "data").string();
  }
  ~SeriesScenario() override { stop(); }

  void start_ingest() {
    ingest_.emplace(context_, options_);
    ingest_->service().start();
  }
  void stop() {
    if (!ingest_) return;
    ingest_->service().request_stop();
    ingest_->service().join();
    EXPECT_FALSE(ingest_->service().failure().has_value());
    ingest_.reset();
  }
  void send(const Parts& parts) {
    ASSERT_EQ(push_.send(parts, std::chrono::seconds(20)), transport::Socket::Sent::yes);
  }

  static SeriesInfo series(std::uint64_t id, std::uint64_t count) {
    SeriesInfo info = TinySource("series-" + std::to_string(id), count).info();
    info.id = id;
    return info;
  }
  void begin(std::uint64_t id, std::uint64_t count) { send(wire::encode(series(id, count))); }
  void frames(std::uint64_t id, FrameId from, FrameId to) {
    for (FrameId frame = from; frame < to; ++frame)
      send(wire::encode(wire::StreamFrame{id, *any_.frame(frame)}));
  }
  void end(std::uint64_t id, std::uint64_t count) { send(wire::encode(wire::StreamEnd{id, count})); }

  double metric(const std::string& name) { return test::metric(ingest_->metrics().text(), name); }
  bool journalled(double count) {
    return eventually([&] { return metric("ptero_ingest_frames_total") == count; });
  }
  double alarm(const std::string& name) {
    return test::metric(ingest_->metrics().text(), "ptero_alarm_active", "\"" + name + "\"");
  }
  std::filesystem::path folder(const std::string& uid) const { return scratch_ / "data" / uid; }
  bool sealed(const std::string& uid, int seconds = 60) const {
    return eventually(
        [&] {
          try {
            return !std::filesystem::exists(folder(uid) / "series.journal") &&
                   scanfile::sealed_series(folder(uid) / "raw.h5").has_value();
          } catch (const InputError&) {
            return false;  // not there, or just being written
          }
        },
        seconds);
  }
  /// The ledger of a sealed series, which must hold and sum to `total`.
  LedgerCounts ledger(const std::string& uid, std::uint64_t total) const {
    EXPECT_TRUE(sealed(uid)) << uid;
    const auto proof = scanfile::prove_ledger(folder(uid) / "raw.h5");
    EXPECT_TRUE(proof.sealed);
    EXPECT_TRUE(proof.faults.empty()) << proof.faults.front();
    EXPECT_EQ(proof.counted.total(), total) << uid;
    return proof.counted;
  }
  std::size_t series_recorded() const { return folders_in(scratch_ / "data").size(); }

  Scratch scratch_;
  transport::Context context_;
  transport::Socket push_{
      context_, transport::SocketKind::push, {.high_water_mark = 16, .linger = std::chrono::milliseconds(0)}};
  ingest::IngestOptions options_;
  TinySource any_{"any", 10'000};
  std::optional<ingest::Ingest> ingest_;
};

}  // namespace ptero::test
