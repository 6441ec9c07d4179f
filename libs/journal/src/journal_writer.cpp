#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <atomic>
#include <ctime>
#include <ptero/core/contract.hpp>
#include <ptero/journal/journal.hpp>

#include "journal_format.hpp"

namespace ptero::journal {

namespace {

/// A kill leaves what was written; a machine that stops does not. Only a clock that was set back in between
/// hides it.
bool written_before_this_boot(const File& file) {
  struct stat status {};
  timespec now{}, since_boot{};
  if (::fstat(file.fd(), &status) != 0 || ::clock_gettime(CLOCK_REALTIME, &now) != 0 ||
      ::clock_gettime(CLOCK_BOOTTIME, &since_boot) != 0)
    return false;
  return status.st_mtim.tv_sec < now.tv_sec - since_boot.tv_sec;
}

}  // namespace

struct JournalWriter::State {
  File file;
  std::string uid;
  std::uint64_t entries = 0;
  std::uint64_t next = 0;
  std::uint64_t end = 0;
  std::uint64_t cut = 0;
  std::atomic<bool> name_synced = false;

  void truncate(std::uint64_t length) {
    if (::ftruncate(file.fd(), static_cast<off_t>(length)) != 0)
      throw Error("cannot shorten the journal " + file.path().string(), errno_text());
  }

  void write(std::vector<iovec> blocks);
  void start_empty();
  void mend_header(const EntryIndex& index);
  void resume();
};

/// pwritev until everything is out, then the end moves; on failure the file keeps its old end.
void JournalWriter::State::write(std::vector<iovec> blocks) {
  std::uint64_t at = end;
  std::span<iovec> left(blocks);
  while (!left.empty()) {
    ssize_t n = ::pwritev(file.fd(), left.data(), static_cast<int>(left.size()), static_cast<off_t>(at));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      const std::string why = errno_text();
      const bool full = errno == ENOSPC || errno == EDQUOT || errno == EFBIG;
      truncate(end);
      if (full)
        throw DiskFull("cannot append to the journal " + file.path().string(), why,
                       "make room on the disk, or raise the limit for files (ulimit -f)");
      throw Error("cannot append to the journal " + file.path().string(), why);
    }
    at += static_cast<std::uint64_t>(n);
    auto done = static_cast<std::size_t>(n);
    while (!left.empty() && done >= left.front().iov_len) {
      done -= left.front().iov_len;
      left = left.subspan(1);
    }
    if (done > 0) {
      left.front().iov_base = static_cast<std::byte*>(left.front().iov_base) + done;
      left.front().iov_len -= done;
    }
  }
  end = at;
}

void JournalWriter::State::start_empty() {
  truncate(0);
  std::vector<std::byte> header = encode_file_header(uid);
  write({{header.data(), header.size()}});
}

/// Its own place alone: nothing behind it moves.
void JournalWriter::State::mend_header(const EntryIndex& index) {
  const std::vector<std::byte> header = encode_file_header(uid);
  if (index.count() == 0 || index.begin_of(0) != header.size()) return;
  if (::pwrite(file.fd(), header.data(), header.size(), 0) != static_cast<ssize_t>(header.size()))
    throw Error("cannot mend the header of the journal " + file.path().string(), errno_text());
}

void JournalWriter::State::resume() {
  const FileHeader header = read_file_header(file);
  // Killed while creating the file: nothing is lost, there was no entry.
  if (header.state == HeaderState::cut_short) return start_empty();
  if (header.state == HeaderState::whole && header.series_uid != uid)
    throw InputError("the journal " + file.path().string() + " is of series " + header.series_uid + ", not " +
                     uid);
  // Before anything is written to it.
  const bool other_boot = written_before_this_boot(file);
  EntryIndex index(header.bytes);
  index.extend(file);
  index.drop_torn_end(file);
  if (header.state == HeaderState::damaged) mend_header(index);
  entries = index.count();
  next = index.next_sequence() + (other_boot && entries > 0 ? skipped_numbers : 0);
  end = index.end();
  cut = file.size() - end;
  if (cut > 0) truncate(end);
}

JournalWriter::JournalWriter(const std::filesystem::path& path, const std::string& series_uid, OpenMode mode)
    : state_(std::make_unique<State>()) {
  state_->uid = series_uid;
  state_->file = File(path, O_RDWR | O_CREAT | (mode == OpenMode::create ? O_EXCL : 0));
  if (::flock(state_->file.fd(), LOCK_EX | LOCK_NB) != 0)
    throw InputError("the journal " + path.string() + " is being written by another process");
  if (mode == OpenMode::create)
    state_->start_empty();
  else
    state_->resume();
}

JournalWriter::~JournalWriter() = default;
JournalWriter::JournalWriter(JournalWriter&&) noexcept = default;
JournalWriter& JournalWriter::operator=(JournalWriter&&) noexcept = default;

std::uint64_t JournalWriter::append(std::span<const Bytes> parts) {
  PTERO_EXPECT(parts.size() < 1000);  // IOV_MAX is 1024
  std::vector<std::byte> head = encode_entry_head(state_->next, parts);
  std::vector<iovec> blocks{{head.data(), head.size()}};
  for (const Bytes& part : parts)
    if (!part.empty()) blocks.push_back({const_cast<std::byte*>(part.data()), part.size()});
  state_->write(std::move(blocks));
  ++state_->entries;
  return state_->next++;
}

void JournalWriter::sync() {
  state_->file.sync();
  if (!state_->name_synced.exchange(true)) sync_folder_of(state_->file.path());
}

std::uint64_t JournalWriter::size() const {
  return state_->next;
}

std::uint64_t JournalWriter::entries() const {
  return state_->entries;
}

std::uint64_t JournalWriter::bytes() const {
  return state_->end;
}

std::uint64_t JournalWriter::cut_bytes() const {
  return state_->cut;
}

const std::string& JournalWriter::series_uid() const {
  return state_->uid;
}

}  // namespace ptero::journal
