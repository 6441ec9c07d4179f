#pragma once

#include <deque>
#include <memory>

#include <ptero/transport/link_producer.hpp>

#include "series_store.hpp"

namespace ptero::ingest {

/// A consumer's cursor in the journals: entries in order, then those of the next series. The sequence number
/// of an entry is its number in the journal, so a consumer's checkpoint is where it stopped.
class FrameFeed : public transport::Feed {
 public:
  /// hello.series_uid empty or unknown, or another start: from the beginning of the oldest
  /// series whose file waits for labels, else of the current one.
  FrameFeed(const SeriesStore& store, const wire::Hello& hello);

  std::optional<transport::LinkEntry> next() override;
  void want(const wire::Want& want) override;

 private:
  const SeriesStore& store_;
  std::size_t number_ = 0;
  std::shared_ptr<Series> series_;
  std::uint64_t next_ = 0;
  struct Wanted {
    std::shared_ptr<Series> series;  ///< null: not held any more
    std::uint64_t ticket;
    FrameId id;
  };
  transport::LinkEntry answer(const Wanted& wanted) const;
  std::deque<Wanted> wanted_;
};

}  // namespace ptero::ingest
