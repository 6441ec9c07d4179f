#pragma once

#include <atomic>
#include <mutex>
#include <set>
#include <thread>

#include <ptero/transport/link_consumer.hpp>
#include <ptero/wire/stream.hpp>

#include "tiny_source.hpp"

namespace ptero::test {

using namespace std::chrono_literals;

/// Takes what is offered on the frame link, over every death of the other end.
class Watcher {
 public:
  explicit Watcher(const std::string& endpoint)
      : thread_([this, endpoint](std::stop_token stop) { watch(endpoint, stop); }) {}

  std::set<FrameId> offered() const {
    const std::lock_guard lock(mutex_);
    return offered_;
  }
  /// Sequence numbers that did not follow the one before.
  int holes() const { return holes_; }
  bool ended() const { return ended_; }

 private:
  void watch(const std::string& endpoint, std::stop_token stop) {
    transport::Context context;
    std::string uid;
    std::uint64_t next = 0;
    transport::LinkConsumer link(context, endpoint, {.name = "watcher", .silence = 200ms},
                                 [&] { return wire::Hello{.series_uid = uid, .next = next}; });
    while (!stop.stop_requested()) {
      const auto event = link.poll(50ms);
      if (event.kind != transport::LinkConsumer::EventKind::entry) continue;
      holes_ += event.entry.sequence != next;
      next = event.entry.sequence + 1;
      const auto& parts = event.entry.parts;
      const auto message = wire::decode_stream(Parts(parts.begin() + 1, parts.end()), std::size_t{1} << 20);
      if (!message) continue;
      if (const auto* info = std::get_if<SeriesInfo>(&*message)) uid = info->uid;
      ended_ = std::holds_alternative<wire::StreamEnd>(*message);
      if (const auto* frame = std::get_if<wire::StreamFrame>(&*message)) {
        const std::lock_guard lock(mutex_);
        offered_.insert(frame->frame.id);
      }
    }
  }

  mutable std::mutex mutex_;
  std::set<FrameId> offered_;
  std::atomic<int> holes_ = 0;
  std::atomic<bool> ended_ = false;
  std::jthread thread_;
};

/// A detector that goes on at 1 kHz whatever happens to the other end, until it is told that it is enough.
class Detector {
 public:
  Detector() : push_(context_, transport::SocketKind::push, {.high_water_mark = 64, .linger = 0ms}) {
    push_.bind("tcp://127.0.0.1:*");
  }
  ~Detector() { thread_ = {}; }

  std::string endpoint() const { return push_.endpoint(); }
  std::string uid() const { return source_.info().uid; }
  std::uint64_t announced() const { return source_.size(); }

  void start() {
    thread_ = std::jthread([this](std::stop_token stop) {
      send(wire::encode(source_.info()), stop);
      for (; used_ < source_.size() && !stop.stop_requested(); ++used_) {
        if (!send(wire::encode(wire::StreamFrame{source_.info().id, *source_.frame(used_)}), stop)) break;
        std::this_thread::sleep_for(1ms);
      }
    });
  }
  /// How many frames it took.
  std::uint64_t stop() {
    thread_ = {};
    return used_;
  }
  void send_end() { send(wire::encode(wire::StreamEnd{source_.info().id, used_}), {}); }

 private:
  bool send(const Parts& parts, std::stop_token stop) {
    while (!stop.stop_requested())
      if (push_.send(parts, 50ms) == transport::Socket::Sent::yes) return true;
    return false;
  }

  TinySource source_{"killed", 1'000'000};
  transport::Context context_;
  transport::Socket push_;
  std::uint64_t used_ = 0;
  std::jthread thread_;
};

}  // namespace ptero::test
