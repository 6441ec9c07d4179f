#pragma once
// The journal of a series is an append-only file of entries, the truth while the series runs. It knows no
// message schema: an entry is a sequence number (its order of arrival) and a few opaque parts. Bytes:
// proto/journal.md. Threads: SeriesLog and JournalReader are safe from any, a JournalWriter belongs to one.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <ptero/core/bytes.hpp>
#include <ptero/core/error.hpp>
#include <span>
#include <string>
#include <vector>

namespace ptero::journal {

/// There is no room left. Nothing was written; the same may be tried again once there is.
class DiskFull : public Error {
 public:
  using Error::Error;
};

/// One entry's payload, such as a header and pixels.
using Parts = std::vector<Bytes>;

enum class OpenMode : std::uint8_t {
  create,  ///< a new file; an existing one is refused
  resume,  ///< continue where a file stops, or create it
};

/// Appends entries. One thread at a time; one writer a file, which a lock on the file ensures.
/// An entry whose append returned survives kill -9 of the process; only sync() makes it survive a power cut.
class JournalWriter {
 public:
  /// Resuming cuts an unfinished last entry off and continues the numbering. Throws InputError when the file
  /// exists (create), belongs to another series, is no journal, or is written by another process; Error when
  /// it is damaged before its last entry or cannot be written.
  JournalWriter(const std::filesystem::path& path, const std::string& series_uid, OpenMode mode);
  ~JournalWriter();
  JournalWriter(JournalWriter&&) noexcept;
  JournalWriter& operator=(JournalWriter&&) noexcept;

  /// Writes one entry and returns its sequence number: 0, 1, 2, ... One system call, no copy, no sync.
  /// Throws Error when the disk refuses it (full, gone); the file is then as before and the call may be
  /// repeated.
  std::uint64_t append(std::span<const Bytes> parts);
  /// Waits until everything appended is on the disk.
  void sync();

  std::uint64_t size() const;       ///< entries in the file
  std::uint64_t bytes() const;      ///< length of the file
  std::uint64_t cut_bytes() const;  ///< length of the unfinished entry that resuming cut off
  const std::string& series_uid() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Reads entries by sequence number, also while a writer appends. All functions may be called from several
/// threads. Memory: 8 bytes an entry.
class JournalReader {
 public:
  /// Indexes the entries present. Throws InputError when the file is missing or is no journal, Error naming
  /// file and offset when it is damaged before its last entry. An unfinished last entry is not an error: it
  /// ends the list.
  explicit JournalReader(const std::filesystem::path& path);
  ~JournalReader();
  JournalReader(JournalReader&&) noexcept;
  JournalReader& operator=(JournalReader&&) noexcept;

  const std::string& series_uid() const;
  std::uint64_t size() const;  ///< entries indexed
  /// Indexes what was appended since; returns size().
  std::uint64_t refresh();
  /// Bytes after the last whole entry: an unfinished append, by a writer at work or one that was killed.
  std::uint64_t tail_bytes() const;

  /// The parts of an entry; they share one buffer. sequence < size(). Throws Error naming file and offset
  /// when the entry's checksum does not match.
  Parts read(std::uint64_t sequence) const;
  /// Reads every entry and checks it; throws like read().
  void verify() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ptero::journal
