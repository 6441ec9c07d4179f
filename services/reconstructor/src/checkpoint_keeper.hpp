#pragma once

#include <atomic>
#include <filesystem>
#include <optional>
#include <thread>

#include <ptero/runtime/bounded_queue.hpp>
#include <ptero/telemetry/log.hpp>

#include "checkpoint_file.hpp"

namespace ptero::reconstructor {

/// The checkpoint of one series, beside its product. It saves a restart the iterations; nothing depends on
/// it, so whatever is wrong with it is one warning. Written by a thread of its own: a slow disk costs
/// checkpoints, not iterations. Used by one thread.
class CheckpointKeeper {
 public:
  CheckpointKeeper(std::filesystem::path folder, CheckpointOwner owner);
  /// Writes what is to be written.
  ~CheckpointKeeper();
  CheckpointKeeper(const CheckpointKeeper&) = delete;
  CheckpointKeeper& operator=(const CheckpointKeeper&) = delete;

  /// What an earlier worker left of this very series. Anything else is thrown away.
  std::optional<WorkerCheckpoint> earlier();
  /// What was read cannot be used after all.
  void discard(const std::string& why);
  /// The last one is still being written: a new one would wait.
  bool busy() const { return writing_; }
  void write(WorkerCheckpoint checkpoint);
  /// The series is reconstructed: nothing will be resumed.
  void remove();

 private:
  void end_writing();

  const std::filesystem::path path_;
  const CheckpointOwner owner_;
  bool failed_ = false;  // of the thread
  std::atomic<bool> writing_ = false;
  telemetry::Logger log_{"reconstructor"};
  runtime::BoundedQueue<WorkerCheckpoint> queue_{1};
  std::jthread thread_;  // from the first one on
};

}  // namespace ptero::reconstructor
