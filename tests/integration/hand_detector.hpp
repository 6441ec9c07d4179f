#pragma once

#include <ptero/services/detector/frame_source.hpp>
#include <ptero/transport/socket.hpp>
#include <ptero/wire/stream.hpp>
#include <stdexcept>

#include "small_scan.hpp"
#include "support/metric.hpp"

namespace ptero::test {

/// A detector in the hand of a test, which decides what is sent and when: the small scan, or anything else.
class HandDetector {
 public:
  explicit HandDetector(const std::string& endpoint = "tcp://127.0.0.1:*")
      : source_(detector::simulated(small_scan())), push_(context_, transport::SocketKind::push) {
    push_.bind(endpoint);
  }

  std::string endpoint() const { return push_.endpoint(); }
  const SeriesInfo& info() const { return source_->info(); }
  std::uint64_t size() const { return source_->size(); }
  Frame frame(FrameId id) { return source_->frame(id).value(); }

  /// Waits for somebody who takes it.
  void send(const Parts& parts) {
    if (push_.send(parts, std::chrono::seconds(60)) != transport::Socket::Sent::yes)
      throw std::runtime_error("nobody takes what the detector sends");
  }
  void send(const SeriesInfo& start) { send(wire::encode(start)); }
  void send(Frame frame) { send(wire::encode(wire::StreamFrame{info().id, std::move(frame), info().uid})); }
  void send_end() { send(wire::encode(wire::StreamEnd{info().id, size()})); }

 private:
  std::unique_ptr<detector::FrameSource> source_;
  transport::Context context_;
  transport::Socket push_;
};

}  // namespace ptero::test
