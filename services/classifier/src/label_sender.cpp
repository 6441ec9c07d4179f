#include "label_sender.hpp"

#include <algorithm>

namespace ptero::classifier {

namespace {
constexpr std::size_t finals_kept = 2;
}

LabelSender::Messages LabelSender::messages_of(wire::Labels labels) const {
  Messages messages;
  for (const auto& labels_of_one : wire::in_messages(std::move(labels), most_ids_))
    messages.push_back(wire::encode(labels_of_one));
  return messages;
}

/// In order: who hears the last one has heard all.
void LabelSender::deliver(const Messages& messages) {
  (void)std::all_of(messages.begin(), messages.end(), [&](const Bytes& one) { return link_.deliver(one); });
}

void LabelSender::send(SeriesSession& session) {
  deliver(messages_of(session.take_labels()));
}

void LabelSender::finish(SeriesSession& session) {
  send(session);
  finals_.push_back(messages_of(session.all_labels()));
  if (finals_.size() > finals_kept) finals_.pop_front();
}

void LabelSender::repeat(const SeriesSession* running) {
  for (const Messages& final : finals_) deliver(final);
  if (running != nullptr) deliver(messages_of(running->all_labels()));
}

}  // namespace ptero::classifier
