#pragma once

#include <set>
#include <string>
#include <variant>

#include <ptero/runtime/bounded_queue.hpp>
#include <ptero/transport/link_consumer.hpp>
#include <ptero/wire/selection.hpp>
#include <ptero/wire/stream.hpp>

namespace ptero::reconstructor {

struct SelectedFrame {
  std::int64_t t_arrival_ns = 0;
  Frame frame;
};
/// What the receive stage hands to the solve stage, in order.
using Item = std::variant<SeriesInfo, SelectedFrame, wire::RevisionNote>;
std::size_t bytes_of(const Item& item);

/// The receiving end of the selection link: entries to items, and what is held, for the next hello.
/// Used by one thread.
class FrameIntake {
 public:
  explicit FrameIntake(runtime::BoundedQueue<Item>& queue) : queue_(queue) {}

  wire::Hello resume() const;
  /// Blocks while the queue is full. False: the entry is none this build can read.
  bool take(const transport::LinkEntry& entry, std::stop_token stop);

 private:
  bool take_message(const transport::LinkEntry& entry, std::stop_token stop);

  runtime::BoundedQueue<Item>& queue_;
  std::string series_uid_;
  std::int64_t started_ns_ = 0;  // by its start entry: another series may have the same uid
  std::uint64_t revision_ = 0;
  std::set<FrameId> holds_;
};

}  // namespace ptero::reconstructor
