#include "frame_feed.hpp"

namespace ptero::ingest {

FrameFeed::FrameFeed(const SeriesStore& store, const wire::Hello& hello) : store_(store) {
  series_ = hello.series_uid.empty() ? nullptr : store_.find(hello.series_uid, &number_);
  if (series_) {
    next_ = hello.next;
  } else if (const auto current = store_.current()) {
    series_ = store_.find(current->info.uid, &number_);
  }
}

std::optional<transport::LinkEntry> FrameFeed::next() {
  if (!series_) {
    series_ = store_.at(number_);
    if (!series_) return std::nullopt;
    next_ = 0;
  }
  if (!wanted_.empty()) {
    const auto sequence = wanted_.front();
    wanted_.pop_front();
    if (auto parts = series_->log.read(sequence))
      return transport::LinkEntry{sequence, true, *std::move(parts)};
  }
  if (auto parts = series_->log.read(next_)) return transport::LinkEntry{next_++, false, *std::move(parts)};
  if (!series_->log.closed() || next_ < series_->log.size()) return std::nullopt;
  // This series is told to its end; go on to the next as soon as there is one.
  std::size_t following = number_ + 1;
  if (auto later = store_.at(following)) {
    number_ = following;
    series_ = std::move(later);
    next_ = 0;
    wanted_.clear();
    return next();
  }
  return std::nullopt;
}

void FrameFeed::want(const std::vector<FrameId>& ids) {
  if (!series_) return;
  for (FrameId id : ids)
    if (const auto sequence = series_->sequence_of(id)) wanted_.push_back(*sequence);
}

}  // namespace ptero::ingest
