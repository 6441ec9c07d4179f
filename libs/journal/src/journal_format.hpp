#pragma once
// The bytes of proto/journal.md.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <ptero/core/file.hpp>
#include <ptero/journal/journal.hpp>
#include <span>
#include <string>
#include <vector>

namespace ptero::journal {

inline constexpr std::size_t entry_header_bytes = 32;

/// What stands before the first entry.
std::vector<std::byte> encode_file_header(const std::string& series_uid);

enum class HeaderState : std::uint8_t {
  whole,
  cut_short,  ///< the file ends within it
  damaged,    ///< entries follow all the same
};

struct FileHeader {
  HeaderState state = HeaderState::whole;
  std::string series_uid;   ///< empty unless whole
  std::uint64_t bytes = 0;  ///< where to look for the first entry
};
/// Its first eight bytes, or as many as it has, are a journal's.
bool begins_as_journal(const File& file);
/// Throws InputError when it is no journal or another version's.
FileHeader read_file_header(const File& file);

/// Header and part table of an entry, ready to be followed by the parts.
std::vector<std::byte> encode_entry_head(std::uint64_t sequence, std::span<const Bytes> parts);

/// Where an entry lies.
struct Place {
  std::uint64_t sequence = 0;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};
/// The first whole entry that begins within [begin, last] and has a number of at least `sequence`: header and
/// body match their checksums.
std::optional<Place> find_entry(const File& file, std::uint64_t begin, std::uint64_t last,
                                std::uint64_t sequence);

/// Where the entries of a journal begin, and what lies between them that is none.
class EntryIndex {
 public:
  explicit EntryIndex(std::uint64_t first) : end_(first) {}

  std::uint64_t count() const { return begins_.size(); }
  std::uint64_t next_sequence() const { return next_; }
  std::uint64_t end() const { return end_; }  ///< of the last entry
  const std::vector<Hole>& holes() const { return holes_; }
  /// How many entries have a number below `sequence`.
  std::uint64_t rank(std::uint64_t sequence) const;
  std::uint64_t sequence_of(std::uint64_t rank) const;
  std::uint64_t begin_of(std::uint64_t rank) const { return begins_[rank]; }

  /// Follows the entry headers to the end of the file, over damage between them. Bodies are not read, save
  /// the last entry's where it ends with the file: an unfinished one is left out.
  void extend(const File& file);
  /// Leaves out entries at the end whose bodies do not match: a power cut keeps headers of what it tears.
  void drop_torn_end(const File& file);

 private:
  /// From the entry with this rank on, number = rank + shift.
  struct Run {
    std::uint64_t rank;
    std::uint64_t shift;
  };
  void push(const Place& place);
  void pop();

  std::vector<std::uint64_t> begins_;
  std::vector<Run> runs_;
  std::vector<Hole> holes_;
  std::uint64_t next_ = 0;
  std::uint64_t end_ = 0;
};

/// The entry that begins there. nullopt: its header or body does not match.
std::optional<Parts> read_entry(const File& file, std::uint64_t sequence, std::uint64_t begin);

}  // namespace ptero::journal
