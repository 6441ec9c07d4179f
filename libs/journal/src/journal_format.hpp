#pragma once
// The bytes of proto/journal.md.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <ptero/journal/journal.hpp>
#include <span>
#include <string>
#include <vector>

#include <ptero/core/file.hpp>

namespace ptero::journal {

inline constexpr std::size_t entry_header_bytes = 32;

/// What stands before the first entry.
std::vector<std::byte> encode_file_header(const std::string& series_uid);

struct FileHeader {
  std::string series_uid;
  std::uint64_t bytes = 0;  ///< offset of the first entry
};
/// nullopt: the file ends within the header. Throws InputError when it is no journal or another version's.
std::optional<FileHeader> read_file_header(const File& file);

/// Header and part table of an entry, ready to be followed by the parts.
std::vector<std::byte> encode_entry_head(std::uint64_t sequence, std::span<const Bytes> parts);

/// Where the whole entries of a journal start; the last offset is where the next one will.
class EntryIndex {
 public:
  explicit EntryIndex(std::uint64_t first) : offsets_{first} {}

  std::uint64_t size() const { return offsets_.size() - 1; }
  std::uint64_t end() const { return offsets_.back(); }
  std::uint64_t begin_of(std::uint64_t sequence) const { return offsets_[sequence]; }
  std::uint64_t end_of(std::uint64_t sequence) const { return offsets_[sequence + 1]; }

  /// Follows the entry headers to the end of the file and checks the last entry's bytes; an unfinished last
  /// entry is left out. Throws Error naming file and offset when there is damage before it.
  void extend(const File& file);
  void push(std::uint64_t end) { offsets_.push_back(end); }

 private:
  std::vector<std::uint64_t> offsets_;
};

/// Throws Error when the bytes between the offsets are not entry `sequence`.
Parts read_entry(const File& file, std::uint64_t sequence, std::uint64_t begin, std::uint64_t end);

}  // namespace ptero::journal
