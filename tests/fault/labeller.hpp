#pragma once

#include <atomic>
#include <map>
#include <ptero/core/frame_state.hpp>
#include <ptero/transport/link_consumer.hpp>
#include <ptero/wire/selection.hpp>
#include <ptero/wire/stream.hpp>
#include <thread>

namespace ptero::test {

/// Stands where the classifier stands: takes every entry of the frame link and labels each frame by its id, a
/// few hundred at a time. Runs on a thread of its own until the series has ended and its labels are said.
class Labeller {
 public:
  explicit Labeller(const std::string& endpoint)
      : thread_([this, endpoint](std::stop_token stop) { run(endpoint, stop); }) {}

  static FrameState label_of(FrameId id) {
    return id % 97 == 0 ? FrameState::excluded : id % 10 < 3 ? FrameState::selected : FrameState::background;
  }

  bool done() const { return done_; }
  std::uint64_t taken() const { return taken_; }

 private:
  void run(const std::string& endpoint, std::stop_token stop) {
    transport::Context own;
    transport::LinkConsumer link(own, endpoint, {.name = "classifier"}, [this] {
      wire::Hello hello;
      hello.series_uid = labels_.series_uid;
      hello.next = next_;
      return hello;
    });
    while (!stop.stop_requested() && !done_) {
      const auto event = link.poll(std::chrono::milliseconds(100));
      if (event.kind == transport::LinkConsumer::EventKind::entry) take(event.entry, link);
    }
  }

  void take(const transport::LinkEntry& entry, transport::LinkConsumer& link) {
    next_ = entry.sequence + 1;
    const auto note = wire::decode_received(entry.parts.at(0));
    if (!note || note->fault) return;
    const auto message =
        wire::decode_stream(Parts(entry.parts.begin() + 1, entry.parts.end()), std::size_t{1} << 20);
    if (!message) return;
    if (const auto* info = std::get_if<SeriesInfo>(&*message)) labels_.series_uid = info->uid;
    if (const auto* frame = std::get_if<wire::StreamFrame>(&*message)) label(frame->frame.id);
    labels_.final = std::holds_alternative<wire::StreamEnd>(*message);
    if (!labels_.final && ++held_ < 300) return;
    if (!link.deliver(wire::encode(labels_))) return;
    done_ = labels_.final;
    labels_ = {.series_uid = labels_.series_uid};
    held_ = 0;
  }

  void label(FrameId id) {
    ++taken_;
    auto& list = label_of(id) == FrameState::excluded   ? labels_.excluded
                 : label_of(id) == FrameState::selected ? labels_.selected
                                                        : labels_.background;
    list.push_back(id);
  }

  wire::Labels labels_;
  int held_ = 0;
  std::uint64_t next_ = 0;
  std::atomic<std::uint64_t> taken_ = 0;
  std::atomic<bool> done_ = false;
  std::jthread thread_;
};

}  // namespace ptero::test
