#include <fcntl.h>
#include <sys/file.h>
#include <sys/uio.h>
#include <unistd.h>

#include <ptero/core/contract.hpp>
#include <ptero/journal/journal.hpp>

#include "journal_format.hpp"

namespace ptero::journal {

struct JournalWriter::State {
  File file;
  std::string uid;
  std::uint64_t entries = 0;
  std::uint64_t end = 0;
  std::uint64_t cut = 0;

  void truncate(std::uint64_t length) {
    if (::ftruncate(file.fd(), static_cast<off_t>(length)) != 0)
      throw Error("cannot shorten the journal " + file.path().string(), errno_text());
  }

  void write(std::vector<iovec> blocks);
  void start_empty();
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
      const bool full = errno == ENOSPC || errno == EDQUOT;
      truncate(end);
      if (full)
        throw DiskFull("cannot append to the journal " + file.path().string(), why, "make room on the disk");
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

void JournalWriter::State::resume() {
  const auto header = read_file_header(file);
  // Killed while creating the file: nothing is lost, there was no entry.
  if (!header) return start_empty();
  if (header->series_uid != uid)
    throw InputError("the journal " + file.path().string() + " is of series " + header->series_uid +
                     ", not " + uid);
  EntryIndex index(header->bytes);
  index.extend(file);
  entries = index.size();
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
  std::vector<std::byte> head = encode_entry_head(state_->entries, parts);
  std::vector<iovec> blocks{{head.data(), head.size()}};
  for (const Bytes& part : parts)
    if (!part.empty()) blocks.push_back({const_cast<std::byte*>(part.data()), part.size()});
  state_->write(std::move(blocks));
  return state_->entries++;
}

void JournalWriter::sync() {
  state_->file.sync();
}

std::uint64_t JournalWriter::size() const {
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
