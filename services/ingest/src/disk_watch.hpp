#pragma once

#include <cstdint>
#include <filesystem>

#include <ptero/runtime/alarms.hpp>

namespace ptero::ingest {

/// Says in time that the disk of the raw files is getting full, or is too slow. Thread-safe but for look(),
/// which one thread calls.
class DiskWatch {
 public:
  /// `low_bytes`: what is less is little, at most a tenth of the disk. `queue_bytes`: what may be received
  /// and not yet journalled.
  DiskWatch(std::filesystem::path folder, std::uint64_t low_bytes, std::size_t queue_bytes,
            runtime::Alarms& alarms);

  std::uint64_t free_bytes() const;
  /// For a raw file; what is less is left to the journals.
  bool has_room() const;
  /// Raises and clears `disk_low` and `backlog`. `queued`: bytes received and not yet journalled.
  void look(std::size_t queued);

 private:
  struct Room {
    std::uint64_t free = 0;
    std::uint64_t capacity = 0;
  };
  Room room() const;
  void look_at_room();

  const std::filesystem::path folder_;
  const std::uint64_t low_bytes_;
  const std::size_t queue_bytes_;
  runtime::Alarms& alarms_;
  std::int64_t looked_ns_ = 0;
  bool low_ = false;
  bool late_ = false;
};

}  // namespace ptero::ingest
