#pragma once

#include <atomic>
#include <stdexcept>
#include <thread>

#include <ptero/services/detector/frame_source.hpp>
#include <ptero/transport/socket.hpp>
#include <ptero/wire/stream.hpp>

#include "support/labels.hpp"

namespace ptero::test {

/// A simulated scan of 48 x 48 patterns, made once and kept as the messages of its stream: it can be sent at
/// any rate, again and again.
class Scan {
 public:
  explicit Scan(std::size_t rows, std::size_t cols) {
    synth::SimulatorOptions options;
    options.grid = {rows, cols, 0.2e-6, 0.2e-6, ScanOrder::raster};
    options.pattern = 48;
    options.zone_plate.outer_zone_width_m = 95e-9;
    options.seed = 3;
    const auto source = detector::simulated(options);
    info_ = source->info();
    for (FrameId id = 0; id < source->size(); ++id) {
      frames_.push_back(*source->frame(id));
      messages_.push_back(wire::encode(wire::StreamFrame{info_.id, frames_.back(), info_.uid}));
    }
  }
  const SeriesInfo& info() const { return info_; }
  std::uint64_t size() const { return messages_.size(); }
  const Frame& frame(FrameId id) const { return frames_.at(id); }
  const Parts& message(FrameId id) const { return messages_.at(id); }

 private:
  SeriesInfo info_;
  std::vector<Frame> frames_;
  std::vector<Parts> messages_;
};

/// Sends one series of a scan, whatever happens to the other end, on a thread of its own.
class ScanSender {
 public:
  using Clock = std::chrono::steady_clock;

  ScanSender(const Scan& scan, const std::string& endpoint, double rate_hz)
      : scan_(scan),
        rate_hz_(rate_hz),
        push_(context_, transport::SocketKind::push, {.high_water_mark = 64}) {
    push_.bind(endpoint);
  }
  /// Waits before the frame `hold` until let_go().
  void start(FrameId hold = max_frame_id) {
    thread_ = std::jthread([this, hold](std::stop_token stop) {
      send(wire::encode(scan_.info()), stop);
      const auto begun = Clock::now();
      for (FrameId id = 0; id < scan_.size() && !stop.stop_requested(); ++id) {
        while (id == hold && !free_ && !stop.stop_requested())
          std::this_thread::sleep_for(std::chrono::milliseconds(5));
        if (rate_hz_ > 0)
          std::this_thread::sleep_until(begun +
                                        std::chrono::nanoseconds(std::int64_t(double(id) * 1e9 / rate_hz_)));
        send(scan_.message(id), stop);
      }
      send(wire::encode(wire::StreamEnd{scan_.info().id, scan_.size()}), stop);
      done_ = true;
    });
  }
  void let_go() { free_ = true; }
  bool done() const { return done_; }

 private:
  void send(const Parts& parts, std::stop_token stop) {
    while (!stop.stop_requested())
      if (push_.send(parts, std::chrono::milliseconds(50)) == transport::Socket::Sent::yes) return;
  }

  const Scan& scan_;
  double rate_hz_;
  transport::Context context_;
  transport::Socket push_;
  std::atomic<bool> done_ = false;
  std::atomic<bool> free_ = false;
  std::jthread thread_;
};

}  // namespace ptero::test
