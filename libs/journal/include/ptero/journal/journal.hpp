#pragma once
// The journal of a series is an append-only file of entries, the truth while the series runs. It knows no
// message schema: an entry is a sequence number (its order of arrival) and a few opaque parts. Bytes:
// proto/journal.md. Threads: SeriesLog and JournalReader are safe from any, a JournalWriter belongs to one.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
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

enum class OpenMode : std::uint8_t {
  create,  ///< a new file; an existing one is refused
  resume,  ///< continue where a file stops, or create it
};

/// Bytes of a file that hold no whole entry although whole ones follow, and the entries that are lost in
/// them.
struct Hole {
  std::uint64_t first_byte = 0;
  std::uint64_t bytes = 0;
  std::uint64_t first_sequence = 0;  ///< of the entries lost
  std::uint64_t entries = 0;         ///< 0: it is the header of the file, or nothing that anybody misses

  bool operator==(const Hole&) const = default;
};
/// "bytes 100 to 171, entries 5 and 6".
std::string text_of(const Hole& hole);

/// It begins as a journal does, or holds an entry within its first 8 KiB. False for what cannot be read.
bool is_journal(const std::filesystem::path& path);

/// Appends entries. One thread at a time, sync() apart; one writer a file, which a lock on the file ensures.
/// An entry whose append returned survives kill -9 of the process; only sync() makes it survive a power cut.
class JournalWriter {
 public:
  /// Resuming cuts off what lies behind the last whole entry and continues the numbering; damage before it
  /// stays where it is, a damaged file header is written again. Where the machine was started anew since the
  /// file was written, entries that others have seen may be gone: skipped_numbers are left out, so that no
  /// number is used twice. Throws InputError when the file exists (create), belongs to another series, is no
  /// journal, or is written by another process; Error when it cannot be written.
  JournalWriter(const std::filesystem::path& path, const std::string& series_uid, OpenMode mode);
  ~JournalWriter();
  JournalWriter(JournalWriter&&) noexcept;
  JournalWriter& operator=(JournalWriter&&) noexcept;

  static constexpr std::uint64_t skipped_numbers = std::uint64_t{1} << 24;

  /// Writes one entry and returns its sequence number: 0, 1, 2, ... One system call, no copy, no sync.
  /// Throws Error when the disk refuses it (full, gone); the file is then as before and the call may be
  /// repeated.
  std::uint64_t append(std::span<const Bytes> parts);
  /// Waits until everything appended is on the disk, the file's name included. From any thread.
  void sync();

  std::uint64_t size() const;       ///< the number that the next entry gets
  std::uint64_t entries() const;    ///< whole ones in the file
  std::uint64_t bytes() const;      ///< length of the file
  std::uint64_t cut_bytes() const;  ///< what resuming cut off behind the last whole entry
  const std::string& series_uid() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Reads entries by sequence number, also while a writer appends. All functions may be called from several
/// threads. Memory: 8 bytes an entry.
class JournalReader {
 public:
  /// Indexes the entries present, those behind damage too. Throws InputError when the file is missing or is
  /// no journal; one that ends within its header, or has no byte, has no entries. Bytes behind the last whole
  /// entry end the list.
  explicit JournalReader(const std::filesystem::path& path);
  ~JournalReader();
  JournalReader(JournalReader&&) noexcept;
  JournalReader& operator=(JournalReader&&) noexcept;

  /// Empty where the header of the file is damaged or cut short.
  const std::string& series_uid() const;
  bool header_is_damaged() const;
  std::uint64_t size() const;     ///< one more than the highest number indexed
  std::uint64_t entries() const;  ///< indexed
  /// Indexes what was appended since; returns size().
  std::uint64_t refresh();
  /// Bytes after the last whole entry: an unfinished append, by a writer at work or one that was killed, or
  /// damage.
  std::uint64_t tail_bytes() const;
  /// The least number of an entry indexed that is not below `sequence`; size() when there is none.
  std::uint64_t following(std::uint64_t sequence) const;
  /// How many entries indexed have a number of at least `sequence`.
  std::uint64_t entries_from(std::uint64_t sequence) const;

  /// The parts of an entry; they share one buffer. nullopt: it is lost, or its checksum does not match, which
  /// makes it a hole. sequence < size().
  std::optional<Parts> find(std::uint64_t sequence) const;
  /// As find. Throws Error naming file and bytes when the entry is lost.
  Parts read(std::uint64_t sequence) const;
  /// Reads every entry, so that holes() knows all damage.
  void verify() const;
  /// In the order of the file: found where an entry should begin, and in the entries read so far. Numbers
  /// that a writer left out are no hole.
  std::vector<Hole> holes() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ptero::journal
