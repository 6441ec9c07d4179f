#include <fcntl.h>

#include <mutex>
#include <ptero/core/contract.hpp>
#include <ptero/journal/journal.hpp>

#include "journal_format.hpp"

namespace ptero::journal {

struct JournalReader::State {
  File file;
  FileHeader header;
  mutable std::mutex mutex;  ///< guards index
  EntryIndex index{0};
};

JournalReader::JournalReader(const std::filesystem::path& path) : state_(std::make_unique<State>()) {
  state_->file = File(path, O_RDONLY);
  auto header = read_file_header(state_->file);
  if (!header) throw InputError(path.string() + " is not a ptero journal", "it ends within the header");
  state_->header = *header;
  state_->index = EntryIndex(header->bytes);
  refresh();
}

JournalReader::~JournalReader() = default;
JournalReader::JournalReader(JournalReader&&) noexcept = default;
JournalReader& JournalReader::operator=(JournalReader&&) noexcept = default;

const std::string& JournalReader::series_uid() const {
  return state_->header.series_uid;
}

std::uint64_t JournalReader::size() const {
  const std::lock_guard lock(state_->mutex);
  return state_->index.size();
}

std::uint64_t JournalReader::refresh() {
  const std::lock_guard lock(state_->mutex);
  state_->index.extend(state_->file);
  return state_->index.size();
}

std::uint64_t JournalReader::tail_bytes() const {
  const std::lock_guard lock(state_->mutex);
  const std::uint64_t size = state_->file.size();
  return size > state_->index.end() ? size - state_->index.end() : 0;
}

Parts JournalReader::read(std::uint64_t sequence) const {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  {
    const std::lock_guard lock(state_->mutex);
    PTERO_EXPECT(sequence < state_->index.size());
    begin = state_->index.begin_of(sequence);
    end = state_->index.end_of(sequence);
  }
  return read_entry(state_->file, sequence, begin, end);
}

void JournalReader::verify() const {
  const std::uint64_t entries = size();
  for (std::uint64_t i = 0; i < entries; ++i) (void)read(i);
}

}  // namespace ptero::journal
