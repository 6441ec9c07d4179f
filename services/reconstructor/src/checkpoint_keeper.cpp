#include "checkpoint_keeper.hpp"

#include <ptero/core/error.hpp>

namespace ptero::reconstructor {

CheckpointKeeper::CheckpointKeeper(std::filesystem::path folder, CheckpointOwner owner)
    : path_(std::move(folder) / checkpoint_name), owner_(std::move(owner)) {}

std::optional<WorkerCheckpoint> CheckpointKeeper::earlier() {
  std::error_code ignored;
  if (!std::filesystem::exists(path_, ignored)) return std::nullopt;
  try {
    return read_checkpoint(path_, owner_);
  } catch (const Error& error) {
    discard(error.what());
    return std::nullopt;
  }
}

void CheckpointKeeper::discard(const std::string& why) {
  log_.warning("the checkpoint is of no use; the reconstruction begins anew",
               {{"file", path_.string()}, {"why", why}});
  std::error_code ignored;
  std::filesystem::remove(path_, ignored);
}

void CheckpointKeeper::write(WorkerCheckpoint checkpoint) {
  if (!thread_.joinable())
    thread_ = std::jthread([this] {
      while (const auto next = queue_.pop()) {
        try {
          if (!failed_) write_checkpoint(path_, owner_, *next);
        } catch (const Error& error) {
          failed_ = true;
          log_.warning("no checkpoint is kept; a restart would begin anew",
                       {{"file", path_.string()}, {"why", error.what()}});
        }
        writing_ = false;
      }
    });
  writing_ = true;
  queue_.push(std::move(checkpoint));
}

void CheckpointKeeper::end_writing() {
  queue_.close();
  if (thread_.joinable()) thread_.join();
}

CheckpointKeeper::~CheckpointKeeper() {
  end_writing();
}

void CheckpointKeeper::remove() {
  end_writing();
  std::error_code ignored;
  std::filesystem::remove(path_, ignored);
  std::filesystem::remove(path_.string() + ".tmp", ignored);  // of a worker that was killed
}

}  // namespace ptero::reconstructor
