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
            .holds = earlier_->holds,
            .started_ns = earlier_->started_ns};
  return {.series_uid = series_uid_,
          .revision = revision_,
          .holds = {holds_.begin(), holds_.end()},
          .started_ns = started_ns_};
}

bool FrameIntake::take(const transport::LinkEntry& entry, std::stop_token stop) {
  if (entry.parts.empty()) return false;
  if (entry.parts.size() > 1) return take_message(entry, stop);
  auto note = wire::decode_revision(entry.parts[0]);
  if (!note) return false;
  if (trusts_product_) {
    judge(*note, stop);
    return true;
  }
  revision_ = note->revision;
  for (FrameId id : note->removed) holds_.erase(id);
  queue_.push(*std::move(note), stop);
  return true;
}

void FrameIntake::judge(const wire::RevisionNote& note, std::stop_token stop) {
  if (!note.added.empty() || !note.removed.empty()) return ask_for_everything();
  if (!note.final) return;
  if (note.set_hash != earlier_->finished->set_hash) return ask_for_everything();
  trusts_product_ = false;
  queue_.push(AlreadyFinished{*earlier_}, stop);
}

/// The product is of another set after all, and the patterns are not here.
void FrameIntake::ask_for_everything() {
  trusts_product_ = false;
  earlier_.reset();
  series_uid_.clear();
  revision_ = 0;
  holds_.clear();
  must_say_hello_ = true;
}

bool FrameIntake::is_earlier(const std::string& uid, std::int64_t started_ns) const {
  return earlier_ && earlier_->series_uid == uid && earlier_->started_ns == started_ns;
}

void FrameIntake::start(SeriesInfo&& info, const wire::Received& note, const Parts& entry,
                        std::stop_token stop) {
  // After a reconnection the same series starts again; what is held stays.
  if (info.uid == series_uid_ && note.t_arrival_ns == started_ns_) return;
  series_uid_ = info.uid;
  started_ns_ = note.t_arrival_ns;
  revision_ = 0;
  holds_.clear();
  trusts_product_ = is_earlier(series_uid_, started_ns_) && earlier_->finished;
  if (!trusts_product_) {
    queue_.push(SeriesStart{std::move(info), started_ns_, entry}, stop);
    return;
  }
  revision_ = earlier_->revision;
  holds_.insert(earlier_->holds.begin(), earlier_->holds.end());
}

bool FrameIntake::take_message(const transport::LinkEntry& entry, std::stop_token stop) {
  auto decoded = wire::decode_entry(entry.parts);
  if (!decoded || !decoded->message) return false;
  if (auto* info = std::get_if<SeriesInfo>(&*decoded->message)) {
    start(std::move(*info), decoded->note, entry.parts, stop);
  } else if (auto* frame = std::get_if<wire::StreamFrame>(&*decoded->message)) {
    if (trusts_product_)
      ask_for_everything();
    else if (holds_.insert(frame->frame.id).second)
      queue_.push(SelectedFrame{decoded->note.t_arrival_ns, std::move(frame->frame)}, stop);
  }
  return true;
}

}  // namespace ptero::reconstructor
