#include <fcntl.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <map>
#include <mutex>
#include <ptero/core/contract.hpp>
#include <ptero/journal/journal.hpp>

#include "journal_format.hpp"

namespace ptero::journal {

std::string text_of(const Hole& hole) {
  std::string text;
  if (hole.bytes > 0)
    text = "bytes " + std::to_string(hole.first_byte) + " to " +
           std::to_string(hole.first_byte + hole.bytes - 1);
  else
    text = "before byte " + std::to_string(hole.first_byte);
  const std::string first = std::to_string(hole.first_sequence);
  if (hole.entries == 0) return text + ", no entry";
  if (hole.entries == 1) return text + ", entry " + first;
  return text + ", entries " + first + (hole.entries == 2 ? " and " : " to ") +
         std::to_string(hole.first_sequence + hole.entries - 1);
}

bool is_journal(const std::filesystem::path& path) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) return false;
  try {
    const File file(path, O_RDONLY);
    return begins_as_journal(file) || find_entry(file, 0, 8192, 0).has_value();
  } catch (const Error&) {
    return false;
  }
}

struct JournalReader::State {
  File file;
  FileHeader header;
  mutable std::mutex mutex;  ///< guards the two below
  EntryIndex index{0};
  std::map<std::uint64_t, Hole> torn;  ///< entries whose bodies do not match, by their number
};

JournalReader::JournalReader(const std::filesystem::path& path) : state_(std::make_unique<State>()) {
  state_->file = File(path, O_RDONLY);
  state_->header = read_file_header(state_->file);
  if (state_->header.state == HeaderState::cut_short) return;
  state_->index = EntryIndex(state_->header.bytes);
  refresh();
  state_->index.drop_torn_end(state_->file);
}

JournalReader::~JournalReader() = default;
JournalReader::JournalReader(JournalReader&&) noexcept = default;
JournalReader& JournalReader::operator=(JournalReader&&) noexcept = default;

const std::string& JournalReader::series_uid() const {
  return state_->header.series_uid;
}

bool JournalReader::header_is_damaged() const {
  return state_->header.state == HeaderState::damaged;
}

std::uint64_t JournalReader::size() const {
  const std::lock_guard lock(state_->mutex);
  return state_->index.next_sequence();
}

std::uint64_t JournalReader::entries() const {
  const std::lock_guard lock(state_->mutex);
  return state_->index.count() - state_->torn.size();
}

std::uint64_t JournalReader::refresh() {
  const std::lock_guard lock(state_->mutex);
  if (state_->header.state != HeaderState::cut_short) state_->index.extend(state_->file);
  return state_->index.next_sequence();
}

std::uint64_t JournalReader::tail_bytes() const {
  const std::lock_guard lock(state_->mutex);
  const std::uint64_t size = state_->file.size();
  return size > state_->index.end() ? size - state_->index.end() : 0;
}

std::uint64_t JournalReader::following(std::uint64_t sequence) const {
  const std::lock_guard lock(state_->mutex);
  const std::uint64_t rank = state_->index.rank(sequence);
  return rank < state_->index.count() ? state_->index.sequence_of(rank) : state_->index.next_sequence();
}

std::uint64_t JournalReader::entries_from(std::uint64_t sequence) const {
  const std::lock_guard lock(state_->mutex);
  return state_->index.count() - state_->index.rank(sequence);
}

std::optional<Parts> JournalReader::find(std::uint64_t sequence) const {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  {
    const std::lock_guard lock(state_->mutex);
    const EntryIndex& index = state_->index;
    PTERO_EXPECT(sequence < index.next_sequence());
    const std::uint64_t rank = index.rank(sequence);
    if (rank == index.count() || index.sequence_of(rank) != sequence) return std::nullopt;
    begin = index.begin_of(rank);
    end = rank + 1 < index.count() ? index.begin_of(rank + 1) : index.end();
  }
  auto parts = read_entry(state_->file, sequence, begin);
  if (!parts) {
    const std::lock_guard lock(state_->mutex);
    // A hole behind it begins before the next entry does.
    for (const Hole& hole : state_->index.holes())
      if (hole.first_byte > begin) end = std::min(end, hole.first_byte);
    state_->torn.emplace(sequence, Hole{begin, end - begin, sequence, 1});
  }
  return parts;
}

Parts JournalReader::read(std::uint64_t sequence) const {
  if (auto parts = find(sequence)) return *std::move(parts);
  const std::string name = state_->file.path().string();
  for (const Hole& hole : holes())
    if (sequence >= hole.first_sequence && sequence < hole.first_sequence + hole.entries)
      throw Error("the journal " + name + " is damaged", text_of(hole),
                  "ptero rebuild gives back everything else");
  throw Error("the journal " + name + " has no entry " + std::to_string(sequence));
}

void JournalReader::verify() const {
  for (std::uint64_t i = following(0); i < size(); i = following(i + 1)) (void)find(i);
}

std::vector<Hole> JournalReader::holes() const {
  const std::lock_guard lock(state_->mutex);
  std::vector<Hole> all = state_->index.holes();
  for (const auto& [sequence, hole] : state_->torn) all.push_back(hole);
  std::ranges::sort(all, {}, [](const Hole& hole) { return std::pair(hole.first_byte, hole.bytes); });
  std::vector<Hole> merged;
  for (const Hole& hole : all) {
    if (merged.empty() || merged.back().first_byte + merged.back().bytes != hole.first_byte ||
        merged.back().first_sequence + merged.back().entries != hole.first_sequence) {
      merged.push_back(hole);
      continue;
    }
    merged.back().bytes += hole.bytes;
    merged.back().entries += hole.entries;
  }
  return merged;
}

}  // namespace ptero::journal
