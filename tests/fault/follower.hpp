#pragma once

#include <map>
#include <mutex>
#include <ptero/transport/link_consumer.hpp>
#include <ptero/wire/selection.hpp>
#include <ptero/wire/stream.hpp>
#include <set>
#include <string>
#include <thread>

namespace ptero::test {

/// Stands where the classifier stands, over any number of series: takes every entry of the frame link, keeps
/// what came of which series, and calls all frames selected at the end of each.
class Follower {
 public:
  struct Seen {
    std::set<FrameId> frames;
    int doubles = 0;
    bool ended = false;
  };

  explicit Follower(std::string endpoint, std::string name = "follower")
      : thread_([this, endpoint = std::move(endpoint), name = std::move(name)](std::stop_token stop) {
          follow(endpoint, name, stop);
        }) {}

  std::map<std::string, Seen> seen() const {
    const std::lock_guard lock(mutex_);
    return seen_;
  }
  Seen seen(const std::string& uid) const {
    const std::lock_guard lock(mutex_);
    const auto found = seen_.find(uid);
    return found == seen_.end() ? Seen() : found->second;
  }

 private:
  void follow(const std::string& endpoint, const std::string& name, std::stop_token stop) {
    transport::Context context;
    transport::LinkConsumer link(context, endpoint, {.name = name, .silence = std::chrono::milliseconds(300)},
                                 [&] { return wire::Hello{.series_uid = uid_, .next = next_}; });
    while (!stop.stop_requested()) {
      const auto event = link.poll(std::chrono::milliseconds(20));
      if (event.kind != transport::LinkConsumer::EventKind::entry) continue;
      next_ = event.entry.sequence + 1;
      const auto entry = wire::decode_entry(event.entry.parts);
      if (!entry || !entry->message) continue;
      const std::lock_guard lock(mutex_);
      if (const auto* info = std::get_if<SeriesInfo>(&*entry->message)) uid_ = info->uid;
      auto& seen = seen_[uid_];
      if (const auto* frame = std::get_if<wire::StreamFrame>(&*entry->message))
        seen.doubles += !seen.frames.insert(frame->frame.id).second;
      if (!std::holds_alternative<wire::StreamEnd>(*entry->message)) continue;
      seen.ended = true;
      link.deliver(wire::encode(wire::Labels{
          .series_uid = uid_, .final = true, .selected = {seen.frames.begin(), seen.frames.end()}}));
    }
  }

  mutable std::mutex mutex_;
  std::map<std::string, Seen> seen_;
  std::string uid_;
  std::uint64_t next_ = 0;
  std::jthread thread_;
};

}  // namespace ptero::test
