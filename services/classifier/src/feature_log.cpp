#include "feature_log.hpp"

#include <ptero/core/error.hpp>

namespace ptero::classifier {

namespace {

constexpr std::string_view magic = "checkpoint 2 ";

/// Entry 0: whose log this is.
Parts first_entry(const LogOwner& owner) {
  Parts parts{Bytes::take(std::string(magic) + owner.options)};
  parts.insert(parts.end(), owner.start.begin(), owner.start.end());
  return parts;
}

}  // namespace

FeatureLog::FeatureLog(std::filesystem::path path, LogOwner owner)
    : path_(std::move(path)), owner_(std::move(owner)) {
  try {
    std::filesystem::create_directories(path_.parent_path());
    if (std::filesystem::exists(path_))
      open_earlier();
    else
      begin();
  } catch (const Error& error) {
    discard(error.what());
  } catch (const std::filesystem::filesystem_error& error) {
    give_up(error.what());
  }
}

std::optional<LogOwner> FeatureLog::owner_of(const std::filesystem::path& path) {
  try {
    if (!std::filesystem::exists(path)) return std::nullopt;
    const journal::JournalReader log(path);
    if (log.size() == 0) return std::nullopt;
    Parts parts = log.read(0);
    if (parts.empty() || !parts[0].text().starts_with(magic)) return std::nullopt;
    std::string options(parts[0].text().substr(magic.size()));
    parts.erase(parts.begin());
    return LogOwner{log.series_uid(), std::move(parts), std::move(options)};
  } catch (const std::exception&) {
    return std::nullopt;  // whoever opens it says what is wrong with it
  }
}

void FeatureLog::open_earlier() {
  // First of all the lock: another process may be writing it.
  writer_.emplace(path_, owner_.series_uid, journal::OpenMode::resume);
  past_.emplace(path_);
  if (past_->size() == 0) return discard("it is empty");
  const Parts found = past_->read(0), mine = first_entry(owner_);
  if (found == mine) {
    // The reader goes past damage; the frames in a hole would never be asked for again.
    past_->verify();
    if (const auto holes = past_->holes(); !holes.empty())
      return discard("it is damaged: " + text_of(holes.front()));
    next_past_ = 1;
    return;
  }
  const bool same_start =
      std::equal(found.begin() + (found.empty() ? 0 : 1), found.end(), mine.begin() + 1, mine.end());
  discard(same_start ? "it was written with other options" : "it is of an earlier series of this name");
}

void FeatureLog::begin() {
  try {
    writer_.emplace(path_, owner_.series_uid, journal::OpenMode::create);
    writer_->append(first_entry(owner_));
  } catch (const Error& error) {
    give_up(error.what());
  }
}

std::optional<LogEntry> FeatureLog::next_past() {
  if (past_) next_past_ = past_->following(next_past_);
  if (!past_ || next_past_ >= past_->size()) {
    past_.reset();
    return std::nullopt;
  }
  const Parts parts = past_->read(next_past_++);
  auto entry = parts.size() == 1 ? decode_log_entry(parts[0]) : std::nullopt;
  if (!entry)
    throw Error(path_.string() + " is damaged in entry " + std::to_string(next_past_ - 1),
                "this build cannot read it");
  return entry;
}

void FeatureLog::discard(const std::string& why) {
  log_.warning("the checkpoint is of no use; every frame is taken again",
               {{"file", path_.string()}, {"why", why}});
  past_.reset();
  writer_.reset();
  std::error_code ignored;
  std::filesystem::remove(path_, ignored);
  begin();
}

void FeatureLog::give_up(const std::string& why) {
  log_.warning("no checkpoint is kept; a restart would take every frame again",
               {{"file", path_.string()}, {"why", why}});
  past_.reset();
  writer_.reset();
}

void FeatureLog::append(const LogEntry& entry) {
  if (!thread_.joinable()) {
    if (!writer_) return;
    thread_ = std::jthread([this] {
      while (const auto next = queue_.pop()) {
        write(*next);
        const std::lock_guard lock(mutex_);
        ++written_;
        written_more_.notify_one();
      }
    });
  }
  ++appended_;
  queue_.push(encode(entry));
}

void FeatureLog::settle() {
  using namespace std::chrono_literals;
  if (!thread_.joinable()) return;
  std::unique_lock lock(mutex_);
  if (!written_more_.wait_for(lock, 300ms, [this] { return written_ == appended_; }))
    log_.warning("the disk is slow: a kill now would lose what a person just said",
                 {{"file", path_.string()}});
}

void FeatureLog::write(const Bytes& entry) {
  if (!writer_) return;
  try {
    writer_->append(std::span(&entry, 1));
  } catch (const Error& error) {
    give_up(error.what());
  }
}

void FeatureLog::end_writing() {
  queue_.close();
  if (thread_.joinable()) thread_.join();
}

FeatureLog::~FeatureLog() {
  end_writing();
}

void FeatureLog::remove() {
  end_writing();
  if (!writer_) return;
  writer_.reset();
  std::error_code ignored;
  std::filesystem::remove(path_, ignored);
}

}  // namespace ptero::classifier
