#pragma once

#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include <ptero/journal/journal.hpp>
#include <ptero/runtime/bounded_queue.hpp>
#include <ptero/telemetry/log.hpp>

#include "log_entry.hpp"

namespace ptero::classifier {

/// Which series and which options a log belongs to: with anything else in it, its features and labels mean
/// nothing.
struct LogOwner {
  std::string series_uid;
  Parts start;          ///< the series' start entry
  std::string options;  ///< as text
};

/// The classifier's checkpoint (proto/checkpoint.md): features and first labels of one series in an
/// append-only file, one entry a frame in the order of labelling, safe against a kill. It saves a restart the
/// frames; nothing depends on it. So whatever is wrong with it is one warning, the file is given up, and the
/// classifier goes on without. Written by a thread of its own, so that a slow disk delays no label: what a
/// kill finds unwritten is asked for again. Used by one thread.
class FeatureLog {
 public:
  /// Whose log lies there; nullopt: none that can be read.
  static std::optional<LogOwner> owner_of(const std::filesystem::path& path);

  /// Opens the log of an earlier run when it is of this owner; throws away any other.
  FeatureLog(std::filesystem::path path, LogOwner owner);
  /// Writes what is to be written.
  ~FeatureLog();
  FeatureLog(const FeatureLog&) = delete;
  FeatureLog& operator=(const FeatureLog&) = delete;

  /// The earlier run's entries, one after the other, then nullopt. Throws Error where the file is damaged.
  std::optional<LogEntry> next_past();
  /// The earlier run's entries are of no use: begins anew.
  void discard(const std::string& why);
  /// After the past was read. Waits only while a great many entries are to be written.
  void append(const LogEntry& entry);
  /// Waits until what was appended is written, so that a kill finds it there; not for long: a slow disk is
  /// not waited for.
  void settle();
  /// The series is final and told.
  void remove();

 private:
  void open_earlier();
  void begin();
  void give_up(const std::string& why);
  void write(const Bytes& entry);
  void end_writing();

  const std::filesystem::path path_;
  const LogOwner owner_;
  std::optional<journal::JournalReader> past_;
  std::uint64_t next_past_ = 0;
  std::optional<journal::JournalWriter> writer_;  // of the thread, once it runs
  telemetry::Logger log_{"classifier"};
  std::uint64_t appended_ = 0;
  std::uint64_t written_ = 0;  // or given up
  std::mutex mutex_;           // of written_
  std::condition_variable written_more_;
  runtime::BoundedQueue<Bytes> queue_{100'000};
  std::jthread thread_;  // from the first entry on
};

}  // namespace ptero::classifier
