#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <unordered_map>
#include <vector>

#include <ptero/core/series.hpp>
#include <ptero/core/warning.hpp>
#include <ptero/journal/series_log.hpp>
#include <ptero/services/ingest/ledger.hpp>

#include "aside.hpp"

namespace ptero::ingest {

/// One series as the stages share it. The recorder appends to the log; everybody reads it.
struct Series {
  static constexpr const char* journal_name = "series.journal";
  static constexpr const char* raw_name = "raw.h5";
  static constexpr const char* damaged_name = "damaged.journal";  ///< kept for whoever can read more of it

  /// `resume` continues the journal that a killed process left in the folder.
  Series(SeriesInfo start, std::filesystem::path where, std::uint64_t give_up_after, std::size_t ring_bytes,
         journal::OpenMode mode = journal::OpenMode::create,
         journal::Durability durability = journal::Durability::written);

  const SeriesInfo info;
  const std::filesystem::path folder;
  journal::SeriesLog log;
  Ledger ledger;
  const bool resumed;       ///< its raw file, if any, is a killed process's
  bool damaged = false;     ///< its journal lost entries before this process took it up
  std::string join_report;  ///< JSON; written before the log is closed, read after; empty: nothing was joined
  std::atomic<bool> labels_final = false;
  std::atomic<std::int64_t> started_ns = 0;
  std::atomic<std::int64_t> ended_ns = 0;
  std::string frame_uid;  ///< of a resumed one, what its frames said of the uid
  AsideCounts aside;      ///< messages that came with it and are not in it

  void warn(Warning warning);
  Warnings warnings() const;

  /// Where a frame's entry is; for answers to `want`.
  void remember(FrameId id, std::uint64_t sequence);
  std::optional<std::uint64_t> sequence_of(FrameId id) const;

 private:
  mutable std::mutex mutex_;
  Warnings warnings_;
  std::unordered_map<FrameId, std::uint64_t> sequences_;
};

/// The series of this process, in order. The two newest are kept for consumers that come late; older ones
/// until they are written, for consumers that are behind, out of their journals alone. Thread-safe.
class SeriesStore {
 public:
  void add(std::shared_ptr<Series> series);
  /// The writer's own queue, which drops nothing: the oldest series not given out yet; nullptr when there is
  /// none.
  std::shared_ptr<Series> take_unwritten();
  /// What take_unwritten gave last is sealed.
  void written();
  std::size_t unwritten() const;
  /// Those whose journals hold bytes that may not be on the disk.
  std::vector<std::shared_ptr<Series>> unsynced() const;
  /// The series with this number, or the oldest kept when that one is gone; nullptr when it has not begun.
  std::shared_ptr<Series> at(std::size_t& number) const;
  std::shared_ptr<Series> current() const;
  /// Where a consumer without a wish begins: the oldest series whose file still waits for labels, else the
  /// current one; nullptr when there is none.
  std::shared_ptr<Series> first_wanted(std::size_t& number) const;
  std::shared_ptr<Series> find(const std::string& uid, std::size_t* number = nullptr) const;

  /// Something a waiter may look for has changed.
  void notify();
  /// Waits for `ready`, a stop request or the end of `timeout`; returns ready().
  bool wait_for(std::stop_token stop, std::chrono::milliseconds timeout,
                const std::function<bool()>& ready) const;

 private:
  static constexpr std::size_t kept = 2;
  void drop_old();
  bool is_written(const std::shared_ptr<Series>& series) const;
  mutable std::mutex mutex_;
  mutable std::condition_variable_any changed_;
  std::uint64_t changes_ = 0;                    // notifications, so that a waiter misses none
  std::vector<std::shared_ptr<Series>> series_;  // by number; dropped ones are null
  std::deque<std::shared_ptr<Series>> unwritten_;
  std::shared_ptr<Series> being_written_;
};

}  // namespace ptero::ingest
