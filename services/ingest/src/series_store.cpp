#include "series_store.hpp"

namespace ptero::ingest {

Series::Series(SeriesInfo start, std::filesystem::path where, std::uint64_t give_up_after,
               std::size_t ring_bytes)
    : info(std::move(start)),
      folder(std::move(where)),
      log(folder / "series.journal", info.uid, spool::OpenMode::create, ring_bytes),
      ledger(info.n_expected, give_up_after) {}

void Series::remember(FrameId id, std::uint64_t sequence) {
  const std::lock_guard lock(mutex_);
  sequences_.emplace(id, sequence);
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
    series_.push_back(std::move(series));
    if (series_.size() > kept) series_[series_.size() - kept - 1] = nullptr;
  }
  changed_.notify_all();
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

std::shared_ptr<Series> SeriesStore::find(const std::string& uid, std::size_t* number) const {
  const std::lock_guard lock(mutex_);
  for (std::size_t i = series_.size(); i-- > 0;)
    if (series_[i] && series_[i]->info.uid == uid) {
      if (number != nullptr) *number = i;
      return series_[i];
    }
  return nullptr;
}

void SeriesStore::notify() {
  // Taking the lock keeps a waiter from missing it between its check and its sleep.
  { const std::lock_guard lock(mutex_); }
  changed_.notify_all();
}

bool SeriesStore::wait_for(std::stop_token stop, std::chrono::milliseconds timeout,
                           const std::function<bool()>& ready) const {
  if (ready()) return true;
  std::unique_lock lock(mutex_);
  // ready() may ask the store, so it must not run under its lock.
  changed_.wait_for(lock, stop, timeout, [&] {
    lock.unlock();
    const bool is_ready = ready();
    lock.lock();
    return is_ready;
  });
  lock.unlock();
  return ready();
}

}  // namespace ptero::ingest
