#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include <ptero/scanfile/series_reader.hpp>
#include <ptero/services/detector/sender.hpp>
#include <ptero/services/ingest/ingest.hpp>
#include <ptero/transport/link_consumer.hpp>
#include <ptero/wire/events.hpp>
#include <ptero/wire/selection.hpp>
#include <ptero/wire/stream.hpp>

#include "support/eventually.hpp"
#include "support/scratch.hpp"

namespace ptero::test {

/// Frames whose pixels and position both name their id, so that a frame with another's position is seen.
class NamedSource : public detector::FrameSource {
 public:
  NamedSource(std::uint64_t number, std::uint64_t count) : count_(count) {
    info_.id = number;
    info_.uid = "joined-" + std::to_string(number);
    info_.n_expected = count;
    info_.frame_shape = {8, 8};
    info_.dtype = Dtype::u32;
  }

  static Position position_of(FrameId id) {
    return {static_cast<double>(id) * 1e-6, -static_cast<double>(id) * 3e-6};
  }
  static double monitor_of(FrameId id) { return static_cast<double>(id % 1000) + 1; }

  const SeriesInfo& info() const override { return info_; }
  std::uint64_t size() const override { return count_; }
  std::optional<Position> position(FrameId id) override { return position_of(id); }
  std::optional<Frame> frame(FrameId id) override {
    Frame frame{.id = id, .shape = info_.frame_shape, .dtype = info_.dtype};
    frame.payload = Bytes::take(std::vector<std::uint32_t>(64, static_cast<std::uint32_t>(id)));
    return frame;
  }

 private:
  SeriesInfo info_;
  std::uint64_t count_;
};

/// What a consumer of the frame link got for one frame.
struct Got {
  std::optional<Position> position;
  std::optional<double> monitor;
  JoinOutcome join = JoinOutcome::joined;
  std::uint32_t pixel = 0;  ///< the id that the payload names
};

/// Takes every entry of every series on the frame link and says that the labels are final.
class FrameTaker {
 public:
  explicit FrameTaker(const std::string& endpoint)
      : thread_([this, endpoint](std::stop_token stop) { run(endpoint, stop); }) {}

  std::size_t ended() const { return ended_; }
  /// Of the n-th series that ended, from 0.
  std::map<FrameId, Got> series(std::size_t n) {
    const std::lock_guard lock(mutex_);
    return series_.at(n);
  }

 private:
  void run(const std::string& endpoint, std::stop_token stop) {
    transport::Context own;
    transport::LinkConsumer link(own, endpoint, {.name = "classifier"}, [this] {
      wire::Hello hello;
      hello.series_uid = uid_;
      hello.next = next_;
      return hello;
    });
    while (!stop.stop_requested()) {
      const auto event = link.poll(std::chrono::milliseconds(50));
      if (event.kind == transport::LinkConsumer::EventKind::entry) take(event.entry, link);
    }
  }

  void take(const transport::LinkEntry& entry, transport::LinkConsumer& link) {
    next_ = entry.sequence + 1;
    const auto decoded = wire::decode_entry(entry.parts);
    if (!decoded || !decoded->message) return;
    if (const auto* info = std::get_if<SeriesInfo>(&*decoded->message)) {
      uid_ = info->uid;
      current_.clear();
    } else if (const auto* message = std::get_if<wire::StreamFrame>(&*decoded->message)) {
      const Frame& frame = message->frame;
      Got got{frame.position, frame.monitor, decoded->note.join, 0};
      std::memcpy(&got.pixel, frame.payload.data(), sizeof got.pixel);
      current_[frame.id] = got;
    } else {
      link.deliver(wire::encode(wire::Labels{.series_uid = uid_, .final = true}));
      const std::lock_guard lock(mutex_);
      series_.push_back(current_);
      ++ended_;
    }
  }

  std::string uid_;
  std::uint64_t next_ = 0;
  std::map<FrameId, Got> current_;
  std::mutex mutex_;
  std::vector<std::map<FrameId, Got>> series_;
  std::atomic<std::size_t> ended_ = 0;
  std::jthread thread_;
};

/// A whole ingest with somebody on its frame link.
class JoinedScan {
 public:
  explicit JoinedScan(const std::function<void(ingest::IngestOptions&)>& adjust)
      : push_(context_, transport::SocketKind::push), options_(options(adjust)), ingest_(bound(), options_) {
    ingest_.service().start();
    taker_.emplace(ingest_.frame_link());
  }
  ~JoinedScan() {
    ingest_.service().request_stop();
    ingest_.service().join();
    EXPECT_FALSE(ingest_.service().failure().has_value());
  }

  transport::Context& context() { return context_; }
  transport::Socket& push() { return push_; }
  ingest::Ingest& ingest() { return ingest_; }

  /// Waits for the n-th series to be sealed; returns its frames as the consumer of the link got them.
  std::map<FrameId, Got> frames(std::size_t n = 0) {
    EXPECT_TRUE(eventually([&] { return taker_->ended() > n; }, 60));
    return taker_->ended() > n ? taker_->series(n) : std::map<FrameId, Got>();
  }
  std::filesystem::path raw(const std::string& uid) {
    const auto folder = scratch_ / "data" / uid;
    EXPECT_TRUE(eventually(
        [&] {
          return std::filesystem::exists(folder / "raw.h5") &&
                 !std::filesystem::exists(folder / "series.journal");
        },
        60));
    return folder / "raw.h5";
  }
  double metric(const std::string& name, const std::string& label = {}) {
    double sum = 0;
    std::istringstream lines(ingest_.metrics().text());
    for (std::string line; std::getline(lines, line);)
      if (line.starts_with(name + "{") && line.find(label) != std::string::npos)
        sum += std::stod(line.substr(line.rfind(' ')));
    return sum;
  }

 private:
  transport::Context& bound() {
    push_.bind("inproc://detector");
    return context_;
  }
  ingest::IngestOptions options(const std::function<void(ingest::IngestOptions&)>& adjust) {
    ingest::IngestOptions o{.source = "native:inproc://detector"};
    o.frame_link = "ipc://" + (scratch_ / "link").string();
    o.events = "inproc://events";
    o.out = (scratch_ / "data").string();
    o.position.channels = {.x = "X.VAL", .y = "Y.VAL", .monitor = "MONITOR.VAL.Mean", .index = {}};
    o.label_wait_s = 1;
    adjust(o);
    return o;
  }

  Scratch scratch_;
  transport::Context context_;
  transport::Socket push_;
  ingest::IngestOptions options_;
  ingest::Ingest ingest_;
  std::optional<FrameTaker> taker_;
};

/// Whether this is the position of that frame, not of its neighbour.
inline bool is_of(const Position& position, FrameId id) {
  const auto wanted = NamedSource::position_of(id);
  return std::abs(position.x_m - wanted.x_m) < 1e-12 && std::abs(position.y_m - wanted.y_m) < 1e-12;
}

}  // namespace ptero::test
