#include "frame_feed.hpp"

#include <ptero/wire/stream.hpp>

namespace ptero::ingest {

FrameFeed::FrameFeed(const SeriesStore& store, const wire::Hello& hello) : store_(store) {
  series_ = hello.series_uid.empty() ? nullptr : store_.find(hello.series_uid, &number_);
  if (series_ && wire::is_at(hello, series_->info.uid, series_->log.read(0).value_or(Parts{}))) {
    next_ = hello.next;
  } else {
    series_ = store_.first_wanted(number_);
  }
}

std::optional<transport::LinkEntry> FrameFeed::next() {
  if (!wanted_.empty()) {
    const Wanted wanted = std::move(wanted_.front());
    wanted_.pop_front();
    return answer(wanted);
  }
  if (!series_) {
    series_ = store_.at(number_);
    if (!series_) return std::nullopt;
    next_ = 0;
  }
  for (next_ = series_->log.following(next_); auto parts = series_->log.read(next_);
       next_ = series_->log.following(next_)) {
    const auto sequence = next_++;
    if (parts->empty()) continue;  // lost on the disk
    return transport::LinkEntry{sequence, 0, *std::move(parts), series_->log.entries_from(next_)};
  }
  if (!series_->log.closed() || next_ < series_->log.size()) return std::nullopt;
  // This series is told to its end; go on to the next as soon as there is one.
  std::size_t following = number_ + 1;
  if (auto later = store_.at(following)) {
    number_ = following;
    series_ = std::move(later);
    next_ = 0;
    return next();
  }
  return std::nullopt;
}

transport::LinkEntry FrameFeed::answer(const Wanted& wanted) const {
  if (wanted.series)
    if (const auto sequence = wanted.series->sequence_of(wanted.id))
      if (auto parts = wanted.series->log.read(*sequence); parts && !parts->empty())
        return {*sequence, wanted.ticket, *std::move(parts)};
  const wire::StreamFault gone{FrameFault::malformed, wanted.id};
  return {0, wanted.ticket, {wire::encode(wire::Received{.t_arrival_ns = 0, .fault = gone})}};
}

void FrameFeed::want(const wire::Want& want) {
  const auto series = want.series_uid.empty() ? series_ : store_.find(want.series_uid);
  for (FrameId id : want.ids) wanted_.push_back({series, want.ticket, id});
}

}  // namespace ptero::ingest
