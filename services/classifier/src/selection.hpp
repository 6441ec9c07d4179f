#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include <ptero/transport/link_producer.hpp>
#include <ptero/wire/selection.hpp>

namespace ptero::classifier {

/// The RoI set of one series as the selection link tells it: a list of changes, and the selected frames as
/// long as they fit a budget (frames that do not are fetched from ingest again). The classify stage writes,
/// the select stage reads. Thread-safe.
class Selection {
 public:
  /// start: the series' start entry. on_want: called, by whatever thread, when there is something to fetch.
  Selection(
      std::string series_uid, Parts start, std::size_t cache_bytes, std::function<void()> on_want = [] {});

  /// A frame that may be asked for soon. parts: as received from the frame link.
  void offer(FrameId id, Parts parts);
  /// The set changes. `note.final`: no change will follow.
  void change(wire::RevisionNote note);

  const std::string& series_uid() const { return series_uid_; }
  const Parts& start() const { return start_; }
  std::uint64_t revision() const;
  /// The number of changes so far, and one of them.
  std::size_t changes() const;
  wire::RevisionNote change_at(std::size_t index) const;
  /// The whole set and how many changes it is made of.
  std::pair<std::set<FrameId>, std::size_t> set() const;
  /// A frame's parts when they are at hand; else it is put on the list of frames to fetch.
  std::optional<Parts> frame(FrameId id);
  /// Ingest does not hold this frame any more: nobody need wait for it.
  void give_up(FrameId id);
  bool given_up(FrameId id) const;
  /// Frames somebody waits for, at most `count`; each is given out once.
  std::vector<FrameId> take_wanted(std::size_t count);
  /// The consumers met a new ingest, or the link was interrupted: what was asked for may never come.
  void ask_again();

 private:
  const std::string series_uid_;
  const Parts start_;
  const std::size_t cache_bytes_;
  const std::function<void()> on_want_;
  mutable std::mutex mutex_;
  std::vector<wire::RevisionNote> changes_;
  std::set<FrameId> set_;
  std::unordered_map<FrameId, Parts> cache_;
  std::deque<std::pair<FrameId, std::size_t>> cached_;  // oldest first, with its bytes
  std::size_t cached_bytes_ = 0;
  std::deque<FrameId> wanted_;
  std::unordered_set<FrameId> asked_;
  std::unordered_set<FrameId> given_up_;
};

/// The selections of this process, one a series, in order. The two newest are kept for consumers that come
/// late; one that is being told lives until it is told. Thread-safe.
class SelectionStore {
 public:
  void add(std::shared_ptr<Selection> selection);
  /// The selection with this number, or the oldest kept when that one is gone; nullptr when it has not begun.
  std::shared_ptr<Selection> at(std::size_t& number) const;
  /// The newest of this series, and its number.
  std::shared_ptr<Selection> find(const std::string& series_uid, std::size_t& number) const;
  std::size_t size() const;
  /// The one with exactly this number, while it lives.
  std::shared_ptr<Selection> get(std::size_t number) const;
  /// Those that live, with their numbers.
  std::vector<std::pair<std::size_t, std::shared_ptr<Selection>>> alive() const;

 private:
  static constexpr std::size_t kept = 2;
  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<Selection>> newest_;  // by number; dropped ones are null
  std::vector<std::weak_ptr<Selection>> all_;
};

/// What one consumer of the selection link still has to get: the series' start, then the difference between
/// the set and what it holds, frame by frame, for as long as the set changes. The final revision comes last.
class SelectionFeed : public transport::Feed {
 public:
  SelectionFeed(const SelectionStore& store, const wire::Hello& hello);

  std::optional<transport::LinkEntry> next() override;
  void want(const wire::Want&) override {}  // whatever is selected comes anyway

 private:
  transport::LinkEntry entry(Parts parts);
  std::optional<transport::LinkEntry> next_frame();
  std::optional<transport::LinkEntry> next_change();
  std::optional<transport::LinkEntry> first_difference();
  std::optional<transport::LinkEntry> tell(wire::RevisionNote note);

  const SelectionStore& store_;
  std::size_t number_;
  wire::Hello hello_;
  std::shared_ptr<Selection> selection_;
  std::uint64_t sequence_ = 0;
  bool first_ = true;
  std::unordered_set<FrameId> held_;
  /// Held and not in the set of a classifier that was restarted and is behind its consumer: taken back with
  /// the last word unless they are selected again before.
  std::unordered_set<FrameId> doubtful_;
  std::size_t next_change_ = 0;
  std::deque<FrameId> owed_;
  std::optional<wire::RevisionNote> last_word_;  // told once nothing is owed any more
  bool done_ = false;
};

}  // namespace ptero::classifier
