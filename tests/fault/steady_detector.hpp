#pragma once

#include <atomic>
#include <chrono>
#include <cstring>
#include <thread>
#include <vector>

#include <ptero/services/detector/frame_source.hpp>
#include <ptero/transport/socket.hpp>
#include <ptero/wire/stream.hpp>

namespace ptero::test {

/// A detector that sends at a steady rate until it is told to end: a small simulated scan, again and again,
/// its patterns of 64 x 64 in the middle of frames of 128 x 128.
class SteadyDetector {
 public:
  static constexpr std::size_t side = 128, pattern = 64, cols = 50;
  static constexpr std::size_t frame_bytes = side * side * 2;

  SteadyDetector(const std::string& endpoint, double rate_hz)
      : push_(context_, transport::SocketKind::push, {.high_water_mark = 16}), rate_hz_(rate_hz) {
    make_frames();
    push_.bind(endpoint);
    thread_ = std::jthread([this](std::stop_token stop) { run(stop); });
  }

  std::uint64_t sent() const { return sent_; }
  /// How long it had to wait for its socket at most, since the last call.
  double longest_wait_ms() { return static_cast<double>(longest_wait_us_.exchange(0)) * 1e-3; }
  /// Ends the series. Returns how many frames it had.
  std::uint64_t end() {
    thread_.request_stop();
    thread_.join();
    return sent_;
  }
  static constexpr const char* uid = "steady";

 private:
  static synth::SimulatorOptions small_scan() {
    synth::SimulatorOptions options;
    options.grid = {24, 30, 0.3e-6, 0.3e-6, ScanOrder::raster};
    options.pattern = pattern;
    options.zone_plate.outer_zone_width_m = 70e-9;
    options.seed = 3;
    return options;
  }

  void make_frames() {
    const auto source = detector::simulated(small_scan());
    info_ = source->info();
    info_.uid = uid;
    info_.n_expected.reset();
    info_.frame_shape = {side, side};
    info_.mask.clear();
    info_.centre_row = info_.centre_col = side / 2.0;
    info_.raster = RasterPlan{2'000, cols, 0.3e-6, 0.3e-6, ScanOrder::raster};
    for (FrameId id = 0; id < source->size(); ++id) {
      const auto small = source->frame(id).value();
      std::vector<std::uint16_t> pixels(side * side);
      constexpr std::size_t margin = (side - pattern) / 2;
      for (std::size_t row = 0; row < pattern; ++row)
        std::memcpy(&pixels[(row + margin) * side + margin], small.payload.data() + row * pattern * 2,
                    pattern * 2);
      payloads_.push_back(Bytes::take(std::move(pixels)));
    }
  }

  Frame frame(FrameId id) const {
    const auto row = id / cols, col = id % cols;
    Frame frame{.id = id, .shape = info_.frame_shape, .dtype = Dtype::u16};
    frame.payload = payloads_[(row % 24) * 30 + col % 30];
    frame.position = Position{static_cast<double>(col) * 0.3e-6, static_cast<double>(row) * 0.3e-6};
    return frame;
  }

  void run(std::stop_token stop) {
    using Clock = std::chrono::steady_clock;
    send(wire::encode(info_));
    const auto began = Clock::now();
    for (FrameId id = 0; !stop.stop_requested(); ++id) {
      std::this_thread::sleep_until(began + std::chrono::duration_cast<Clock::duration>(
                                                std::chrono::duration<double>(double(id) / rate_hz_)));
      const auto before = Clock::now();
      send(wire::encode(wire::StreamFrame{info_.id, frame(id), info_.uid}));
      const auto us = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - before).count();
      if (us > longest_wait_us_) longest_wait_us_ = us;
      sent_ = id + 1;
    }
    send(wire::encode(wire::StreamEnd{info_.id, sent_.load(), info_.uid}));
  }
  void send(const Parts& parts) {
    if (push_.send(parts, std::chrono::seconds(60)) != transport::Socket::Sent::yes)
      throw std::runtime_error("nobody takes what the detector sends");
  }

  transport::Context context_;
  transport::Socket push_;
  const double rate_hz_;
  SeriesInfo info_;
  std::vector<Bytes> payloads_;
  std::atomic<std::uint64_t> sent_ = 0;
  std::atomic<std::int64_t> longest_wait_us_ = 0;
  std::jthread thread_;
};

}  // namespace ptero::test
