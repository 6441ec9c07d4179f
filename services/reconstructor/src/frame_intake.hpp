#pragma once

#include <set>
#include <string>
#include <variant>

#include <ptero/runtime/bounded_queue.hpp>
#include <ptero/transport/link_consumer.hpp>
#include <ptero/wire/selection.hpp>
#include <ptero/wire/stream.hpp>

#include "earlier_series.hpp"

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
/// The series of a product that is there already, with the same set.
struct AlreadyFinished {
  EarlierSeries series;
};
/// What the receive stage hands to the solve stage, in order.
using Item = std::variant<SeriesStart, SelectedFrame, wire::RevisionNote, AlreadyFinished>;
std::size_t bytes_of(const Item& item);

/// The receiving end of the selection link: entries to items, and what is held, for the next hello.
/// Used by one thread.
class FrameIntake {
 public:
  /// earlier: the series that a worker before this one was at. It is asked for until another comes. Of one
  /// that was not finished the patterns went with that worker, so all of its selection is sent again. One
  /// that was is said to be held as its product has it, and nothing is passed on until the final word: either
  /// the set is the same, or everything is asked for.
  explicit FrameIntake(runtime::BoundedQueue<Item>& queue, std::optional<EarlierSeries> earlier = {})
      : queue_(queue), earlier_(std::move(earlier)) {}

  wire::Hello resume() const;
  /// Blocks while the queue is full. False: the entry is none this build can read.
  bool take(const transport::LinkEntry& entry, std::stop_token stop);
  /// True once after what `resume` says has changed for another reason than what came: say hello again.
  bool must_say_hello() { return std::exchange(must_say_hello_, false); }

 private:
  bool take_message(const transport::LinkEntry& entry, std::stop_token stop);
  void start(SeriesInfo&& info, const wire::Received& note, const Parts& entry, std::stop_token stop);
  bool is_earlier(const std::string& uid, std::int64_t started_ns) const;
  void judge(const wire::RevisionNote& note, std::stop_token stop);
  void ask_for_everything();

  runtime::BoundedQueue<Item>& queue_;
  std::optional<EarlierSeries> earlier_;
  bool trusts_product_ = false;  // nothing of this series was passed on
  bool must_say_hello_ = false;
  std::string series_uid_;
  std::int64_t started_ns_ = 0;  // by its start entry: another series may have the same uid
  std::uint64_t revision_ = 0;
  std::set<FrameId> holds_;
};

}  // namespace ptero::reconstructor
