#pragma once

#include <cstddef>
#include <deque>
#include <vector>

#include <ptero/transport/link_consumer.hpp>

#include "series_session.hpp"

namespace ptero::classifier {

/// Labels on their way to ingest, in messages that the link can carry. What does not get through is not tried
/// again: the next session of the link begins with everything. Used by one thread.
class LabelSender {
 public:
  /// The link outlives it. most_ids: in a message.
  explicit LabelSender(transport::LinkConsumer& link, std::size_t most_ids = wire::most_ids_in_a_message)
      : link_(link), most_ids_(most_ids) {}

  /// What the session said since the last call.
  void send(SeriesSession& session);
  /// The series is over: what is left to say, and from now on everything at each new session of the link.
  void finish(SeriesSession& session);
  /// A new session of the link. running: the series that is not over; may be null.
  void repeat(const SeriesSession* running);

 private:
  using Messages = std::vector<Bytes>;
  Messages messages_of(wire::Labels labels) const;
  void deliver(const Messages& messages);

  transport::LinkConsumer& link_;
  const std::size_t most_ids_;
  std::deque<Messages> finals_;  // of the last series that are over: ingest seals their files with them
};

}  // namespace ptero::classifier
