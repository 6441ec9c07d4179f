#include "series_store.hpp"

#include <algorithm>

namespace ptero::ingest {

Series::Series(SeriesInfo start, std::filesystem::path where, std::uint64_t give_up_after,
               std::size_t ring_bytes, journal::OpenMode mode, journal::Durability durability)
    : info(std::move(start)),
      folder(std::move(where)),
      log(folder / journal_name, info.uid, mode, ring_bytes, durability),
      ledger(info.n_expected, give_up_after),
      resumed(mode == journal::OpenMode::resume) {}

void Series::remember(FrameId id, std::uint64_t sequence) {
  const std::lock_guard lock(mutex_);
  sequences_.emplace(id, sequence);
}

void Series::warn(Warning warning) {
  const std::lock_guard lock(mutex_);
  merge(warnings_, {std::move(warning)});
}

Warnings Series::warnings() const {
  const std::lock_guard lock(mutex_);
  return warnings_;
}

std::optional<std::uint64_t> Series::sequence_of(FrameId id) const {
  const std::lock_guard lock(mutex_);
  const auto found = sequences_.find(id);
  if (found == sequences_.end()) return std::nullopt;
  return found->second;
}

void SeriesStore::add(std::shared_ptr<Series> series) {
  {
    const std::lock_guard lock(mutex_);
    unwritten_.push_back(series);
    series_.push_back(std::move(series));
    ++changes_;
    // The writer may be behind by many series, each with a ring of its own.
    if (series_.size() > kept)
      if (const auto& old = series_[series_.size() - kept - 1]) old->log.release_ring();
    drop_old();
  }
  changed_.notify_all();
}

void SeriesStore::drop_old() {
  for (std::size_t i = 0; i + kept < series_.size(); ++i)
    if (is_written(series_[i])) series_[i] = nullptr;
}

bool SeriesStore::is_written(const std::shared_ptr<Series>& series) const {
  return series != being_written_ &&
         std::find(unwritten_.begin(), unwritten_.end(), series) == unwritten_.end();
}

void SeriesStore::written() {
  const std::lock_guard lock(mutex_);
  being_written_ = nullptr;
  drop_old();
}

std::shared_ptr<Series> SeriesStore::at(std::size_t& number) const {
  const std::lock_guard lock(mutex_);
  while (number < series_.size() && !series_[number]) ++number;
  return number < series_.size() ? series_[number] : nullptr;
}

std::shared_ptr<Series> SeriesStore::current() const {
  const std::lock_guard lock(mutex_);
  return series_.empty() ? nullptr : series_.back();
}

std::shared_ptr<Series> SeriesStore::first_wanted(std::size_t& number) const {
  const std::lock_guard lock(mutex_);
  if (series_.empty()) return nullptr;
  for (number = 0; number + 1 < series_.size(); ++number)
    if (const auto& one = series_[number]; one && !one->labels_final && !is_written(one)) break;
  return series_[number];
}

std::shared_ptr<Series> SeriesStore::find(const std::string& uid, std::size_t* number) const {
  const std::lock_guard lock(mutex_);
  for (std::size_t i = series_.size(); i-- > 0;)
    if (series_[i] && series_[i]->info.uid == uid) {
      if (number != nullptr) *number = i;
      return series_[i];
    }
  return nullptr;
}

std::shared_ptr<Series> SeriesStore::take_unwritten() {
  const std::lock_guard lock(mutex_);
  if (unwritten_.empty()) return nullptr;
  auto series = std::move(unwritten_.front());
  unwritten_.pop_front();
  being_written_ = series;
  return series;
}

std::size_t SeriesStore::unwritten() const {
  const std::lock_guard lock(mutex_);
  return unwritten_.size();
}

std::vector<std::shared_ptr<Series>> SeriesStore::unsynced() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<Series>> found;
  for (const auto& series : series_)
    if (series && series->log.unsynced_bytes() > 0) found.push_back(series);
  return found;
}

void SeriesStore::notify() {
  {
    const std::lock_guard lock(mutex_);
    ++changes_;
  }
  changed_.notify_all();
}

bool SeriesStore::wait_for(std::stop_token stop, std::chrono::milliseconds timeout,
                           const std::function<bool()>& ready) const {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (true) {
    std::unique_lock lock(mutex_);
    const auto seen = changes_;
    lock.unlock();
    // ready() may ask the store, so it must not run under its lock; what changes meanwhile shows in the
    // count.
    if (ready()) return true;
    lock.lock();
    if (!changed_.wait_until(lock, stop, deadline, [&] { return changes_ != seen; })) return false;
  }
}

}  // namespace ptero::ingest
