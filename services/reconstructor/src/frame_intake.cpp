#include "frame_intake.hpp"

namespace ptero::reconstructor {

std::size_t bytes_of(const Item& item) {
  const auto* frame = std::get_if<SelectedFrame>(&item);
  return frame ? frame->frame.payload.size() : 0;
}

wire::Hello FrameIntake::resume() const {
  if (series_uid_.empty() && earlier_)
    return {.series_uid = earlier_->series_uid,
            .revision = earlier_->revision,
            .holds = {},
            .started_ns = earlier_->started_ns};
  return {.series_uid = series_uid_,
          .revision = revision_,
          .holds = {holds_.begin(), holds_.end()},
          .started_ns = started_ns_};
}

bool FrameIntake::take(const transport::LinkEntry& entry, std::stop_token stop) {
  if (entry.parts.empty()) return false;
  if (entry.parts.size() == 1) {
    auto note = wire::decode_revision(entry.parts[0]);
    if (!note) return false;
    revision_ = note->revision;
    for (FrameId id : note->removed) holds_.erase(id);
    queue_.push(*std::move(note), stop);
    return true;
  }
  return take_message(entry, stop);
}

bool FrameIntake::take_message(const transport::LinkEntry& entry, std::stop_token stop) {
  auto decoded = wire::decode_entry(entry.parts);
  if (!decoded || !decoded->message) return false;
  if (auto* info = std::get_if<SeriesInfo>(&*decoded->message)) {
    // After a reconnection the same series starts again; what is held stays.
    if (info->uid == series_uid_ && decoded->note.t_arrival_ns == started_ns_) return true;
    series_uid_ = info->uid;
    started_ns_ = decoded->note.t_arrival_ns;
    revision_ = 0;
    holds_.clear();
    queue_.push(SeriesStart{std::move(*info), started_ns_, entry.parts}, stop);
  } else if (auto* frame = std::get_if<wire::StreamFrame>(&*decoded->message)) {
    if (!holds_.insert(frame->frame.id).second) return true;
    queue_.push(SelectedFrame{decoded->note.t_arrival_ns, std::move(frame->frame)}, stop);
  }
  return true;
}

}  // namespace ptero::reconstructor
