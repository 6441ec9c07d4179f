#pragma once
// A series' entries for one appender and many readers: the newest in memory, all of them in the journal.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <ptero/journal/journal.hpp>
#include <span>
#include <string>
#include <vector>

namespace ptero::journal {

/// When an entry becomes readable: once it survives a kill, or a power cut as well.
enum class Durability : std::uint8_t { written, synced };

/// Thread-safe: one thread appends, any number read. Memory: the ring's budget plus 8 bytes an entry.
class SeriesLog {
 public:
  using Listener = std::function<void()>;

  /// ring_bytes: payload bytes of the newest entries kept in memory; older entries are read from the file.
  /// Resuming continues a journal; its entries are in the file only. Throws like JournalWriter.
  SeriesLog(const std::filesystem::path& path, const std::string& series_uid, OpenMode mode,
            std::size_t ring_bytes, Durability durability = Durability::written);
  ~SeriesLog();
  SeriesLog(const SeriesLog&) = delete;
  SeriesLog& operator=(const SeriesLog&) = delete;

  /// Journals the entry, then makes it readable, then calls the listeners. Returns its sequence number.
  /// Throws Error when the disk refuses it: nothing was appended and the call may be repeated.
  std::uint64_t append(Parts parts);
  /// Nothing more will be appended. Listeners are called. Idempotent.
  void close();
  /// Gives back the ring's memory: from now on the entries so far are read from the file.
  void release_ring();
  /// Waits until everything appended before the call is on the disk. From any thread.
  void sync();

  /// nullopt: not appended yet. No parts: an entry of an earlier process that is lost, or a number that was
  /// left out.
  std::optional<Parts> read(std::uint64_t sequence) const;
  /// The number that the next entry gets.
  std::uint64_t size() const;
  std::uint64_t entries() const;
  /// The least number of an entry that is not below `sequence`, as far as is known without reading it; at
  /// most size() unless `sequence` is above it.
  std::uint64_t following(std::uint64_t sequence) const;
  /// How many entries have a number of at least `sequence`.
  std::uint64_t entries_from(std::uint64_t sequence) const;
  /// Bytes appended and not yet on the disk for sure.
  std::uint64_t unsynced_bytes() const;
  /// What resuming cut off behind the last whole entry.
  std::uint64_t cut_bytes() const;
  /// Damage in what an earlier process wrote, as far as it was read.
  std::vector<Hole> holes() const;
  bool closed() const;
  std::uint64_t bytes() const;  ///< length of the journal file
  std::size_t ring_bytes_used() const;
  const std::string& series_uid() const;
  const std::filesystem::path& path() const;

  /// Called after every append and on close, by the appending thread: it must be quick and must not call the
  /// log. An eventfd write, a notify. Returns an id for remove_listener, after which the listener is not
  /// called again.
  std::size_t add_listener(Listener listener);
  void remove_listener(std::size_t id);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ptero::journal
