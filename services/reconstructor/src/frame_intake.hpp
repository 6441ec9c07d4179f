#pragma once

#include <set>
#include <string>
#include <variant>

#include <ptero/runtime/bounded_queue.hpp>
#include <ptero/transport/link_consumer.hpp>
#include <ptero/wire/selection.hpp>
#include <ptero/wire/stream.hpp>

#include "checkpoint_file.hpp"

namespace ptero::reconstructor {

struct SeriesStart {
  SeriesInfo info;
  std::int64_t started_ns = 0;
  Parts entry;  ///< as it came
};
struct SelectedFrame {
  std::int64_t t_arrival_ns = 0;
  Frame frame;
};
/// What the receive stage hands to the solve stage, in order.
using Item = std::variant<SeriesStart, SelectedFrame, wire::RevisionNote>;
std::size_t bytes_of(const Item& item);

/// The receiving end of the selection link: entries to items, and what is held, for the next hello.
/// Used by one thread.
class FrameIntake {
 public:
  /// earlier: the series that a worker before this one was at. It is asked for until another comes; the
  /// patterns went with that worker, so all of its selection is sent again.
  explicit FrameIntake(runtime::BoundedQueue<Item>& queue, std::optional<CheckpointHead> earlier = {})
      : queue_(queue), earlier_(std::move(earlier)) {}

  wire::Hello resume() const;
  /// Blocks while the queue is full. False: the entry is none this build can read.
  bool take(const transport::LinkEntry& entry, std::stop_token stop);

 private:
  bool take_message(const transport::LinkEntry& entry, std::stop_token stop);

  runtime::BoundedQueue<Item>& queue_;
  const std::optional<CheckpointHead> earlier_;
  std::string series_uid_;
  std::int64_t started_ns_ = 0;  // by its start entry: another series may have the same uid
  std::uint64_t revision_ = 0;
  std::set<FrameId> holds_;
};

}  // namespace ptero::reconstructor
