#include "selection.hpp"

#include <algorithm>

namespace ptero::classifier {

namespace {
// Frames asked of ingest at a time: enough to hide the way there and back, few enough to stay in the cache.
constexpr std::size_t asked_at_a_time = 32;

std::size_t bytes_of(const Parts& parts) {
  std::size_t sum = 0;
  for (const auto& part : parts) sum += part.size();
  return sum;
}
}  // namespace

Selection::Selection(std::string series_uid, Parts start, std::size_t cache_bytes,
                     std::function<void()> on_want)
    : series_uid_(std::move(series_uid)),
      start_(std::move(start)),
      cache_bytes_(cache_bytes),
      on_want_(std::move(on_want)) {}

std::uint64_t Selection::revision() const {
  const std::lock_guard lock(mutex_);
  return changes_.empty() ? 0 : changes_.back().revision;
}

void Selection::offer(FrameId id, Parts parts) {
  const std::lock_guard lock(mutex_);
  asked_.erase(id);
  const std::size_t bytes = bytes_of(parts);
  if (!cache_.emplace(id, std::move(parts)).second) return;
  cached_.emplace_back(id, bytes);
  cached_bytes_ += bytes;
  while (cached_bytes_ > cache_bytes_ && cached_.size() > asked_at_a_time) {
    cached_bytes_ -= cached_.front().second;
    cache_.erase(cached_.front().first);
    cached_.pop_front();
  }
}

void Selection::change(wire::RevisionNote note) {
  const std::lock_guard lock(mutex_);
  set_.insert(note.added.begin(), note.added.end());
  for (FrameId id : note.removed) set_.erase(id);
  changes_.push_back(std::move(note));
}

std::size_t Selection::changes() const {
  const std::lock_guard lock(mutex_);
  return changes_.size();
}

wire::RevisionNote Selection::change_at(std::size_t index) const {
  const std::lock_guard lock(mutex_);
  return changes_.at(index);
}

std::pair<std::set<FrameId>, std::size_t> Selection::set() const {
  const std::lock_guard lock(mutex_);
  return {set_, changes_.size()};
}

std::optional<Parts> Selection::frame(FrameId id) {
  const std::lock_guard lock(mutex_);
  if (const auto found = cache_.find(id); found != cache_.end()) return found->second;
  if (asked_.size() < asked_at_a_time && asked_.insert(id).second) {
    wanted_.push_back(id);
    on_want_();
  }
  return std::nullopt;
}

void Selection::give_up(FrameId id) {
  const std::lock_guard lock(mutex_);
  asked_.erase(id);
  given_up_.insert(id);
}

bool Selection::given_up(FrameId id) const {
  const std::lock_guard lock(mutex_);
  return given_up_.contains(id);
}

std::vector<FrameId> Selection::take_wanted(std::size_t count) {
  const std::lock_guard lock(mutex_);
  const auto n = static_cast<std::ptrdiff_t>(std::min(count, wanted_.size()));
  std::vector<FrameId> ids(wanted_.begin(), wanted_.begin() + n);
  wanted_.erase(wanted_.begin(), wanted_.begin() + n);
  return ids;
}

void Selection::ask_again() {
  const std::lock_guard lock(mutex_);
  wanted_.assign(asked_.begin(), asked_.end());
  if (!wanted_.empty()) on_want_();
}

void SelectionStore::add(std::shared_ptr<Selection> selection) {
  const std::lock_guard lock(mutex_);
  all_.push_back(selection);
  newest_.push_back(std::move(selection));
  if (newest_.size() > kept) newest_[newest_.size() - kept - 1] = nullptr;
}

std::shared_ptr<Selection> SelectionStore::at(std::size_t& number) const {
  const std::lock_guard lock(mutex_);
  while (number < newest_.size() && !newest_[number]) ++number;
  return number < newest_.size() ? newest_[number] : nullptr;
}

std::shared_ptr<Selection> SelectionStore::find(const std::string& series_uid, std::size_t& number) const {
  const std::lock_guard lock(mutex_);
  for (std::size_t i = newest_.size(); i-- > 0;)
    if (newest_[i] && newest_[i]->series_uid() == series_uid) {
      number = i;
      return newest_[i];
    }
  return nullptr;
}

std::size_t SelectionStore::size() const {
  const std::lock_guard lock(mutex_);
  return newest_.size();
}

std::shared_ptr<Selection> SelectionStore::get(std::size_t number) const {
  const std::lock_guard lock(mutex_);
  return number < all_.size() ? all_[number].lock() : nullptr;
}

std::vector<std::pair<std::size_t, std::shared_ptr<Selection>>> SelectionStore::alive() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::pair<std::size_t, std::shared_ptr<Selection>>> out;
  for (std::size_t i = 0; i < all_.size(); ++i)
    if (auto selection = all_[i].lock()) out.emplace_back(i, std::move(selection));
  return out;
}

SelectionFeed::SelectionFeed(const SelectionStore& store, const wire::Hello& hello)
    : store_(store), number_(store.size() == 0 ? 0 : store.size() - 1), hello_(hello) {
  held_.insert(hello.holds.begin(), hello.holds.end());
  // It goes on with the series it was at, where that is still known; else with the newest.
  store_.find(hello_.series_uid, number_);
}

std::optional<transport::LinkEntry> SelectionFeed::next() {
  if (!selection_) {
    selection_ = store_.at(number_);
    if (!selection_) return std::nullopt;
    return entry(selection_->start());
  }
  if (done_) {
    if (store_.size() <= number_ + 1) return std::nullopt;
    ++number_;
    selection_ = nullptr;
    sequence_ = 0;
    first_ = true;
    done_ = false;
    held_.clear();
    doubtful_.clear();
    return next();
  }
  if (auto frame = next_frame()) return frame;
  if (auto change = next_change()) return change;
  if (last_word_ && owed_.empty()) {
    done_ = true;
    auto parts = Parts{wire::encode(*last_word_)};
    last_word_.reset();
    return entry(std::move(parts));
  }
  return std::nullopt;
}

std::optional<transport::LinkEntry> SelectionFeed::next_change() {
  if (first_) {
    first_ = false;
    if (auto told = first_difference()) return told;
  }
  while (next_change_ < selection_->changes())
    if (auto told = tell(selection_->change_at(next_change_++))) return told;
  return std::nullopt;
}

std::optional<transport::LinkEntry> SelectionFeed::first_difference() {
  // What it holds of another series means nothing here.
  if (!wire::is_at(hello_, selection_->series_uid(), selection_->start())) held_.clear();
  const auto [set, changes] = selection_->set();
  next_change_ = changes;
  wire::RevisionNote note{.series_uid = selection_->series_uid()};
  if (changes > 0) note = selection_->change_at(changes - 1);
  note.added.assign(set.begin(), set.end());
  note.removed.clear();
  const bool behind = hello_.revision > selection_->revision();
  for (FrameId id : held_) {
    if (set.contains(id)) continue;
    if (behind)
      doubtful_.insert(id);
    else
      note.removed.push_back(id);
  }
  return tell(std::move(note));
}

std::optional<transport::LinkEntry> SelectionFeed::tell(wire::RevisionNote note) {
  for (FrameId id : note.added) doubtful_.erase(id);
  if (note.final) {
    note.removed.insert(note.removed.end(), doubtful_.begin(), doubtful_.end());
    doubtful_.clear();
  }
  std::erase_if(note.added, [&](FrameId id) { return held_.contains(id); });
  std::erase_if(note.removed, [&](FrameId id) { return !held_.contains(id); });
  for (FrameId id : note.removed) {
    held_.erase(id);
    std::erase(owed_, id);
  }
  for (FrameId id : note.added) {
    held_.insert(id);
    owed_.push_back(id);
  }
  if (note.final) {
    last_word_ = note;
    last_word_->added.clear();
    last_word_->removed.clear();
    note.final = false;
  }
  if (note.added.empty() && note.removed.empty()) return std::nullopt;
  return entry({wire::encode(note)});
}

std::optional<transport::LinkEntry> SelectionFeed::next_frame() {
  for (auto it = owed_.begin(); it != owed_.end(); ++it) {
    if (selection_->given_up(*it)) {
      owed_.erase(it);
      return next_frame();
    }
    auto parts = selection_->frame(*it);
    if (!parts) {
      if (it - owed_.begin() >= static_cast<std::ptrdiff_t>(asked_at_a_time)) break;
      continue;
    }
    owed_.erase(it);
    return entry(*std::move(parts));
  }
  return std::nullopt;
}

transport::LinkEntry SelectionFeed::entry(Parts parts) {
  const auto untold = selection_->changes() - std::min(next_change_, selection_->changes());
  return {sequence_++, 0, std::move(parts), owed_.size() + untold};
}

}  // namespace ptero::classifier
