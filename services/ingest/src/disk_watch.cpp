#include "disk_watch.hpp"

#include <fmt/format.h>
#include <algorithm>

#include <ptero/runtime/clock.hpp>

namespace ptero::ingest {

namespace {

// A disk may be another machine's: it is not asked at every turn.
constexpr std::int64_t look_every_ns = 500'000'000;
// More than what is written between two looks at the disk.
constexpr std::uint64_t raw_file_reserve = std::uint64_t{64} << 20;

/// Two digits are enough, and change seldom.
std::string text_of(std::uint64_t bytes) {
  const double mega = static_cast<double>(bytes) * 1e-6;
  return mega < 1000 ? fmt::format("{:.2g} MB", mega) : fmt::format("{:.2g} GB", mega * 1e-3);
}

}  // namespace

DiskWatch::DiskWatch(std::filesystem::path folder, std::uint64_t low_bytes, std::size_t queue_bytes,
                     runtime::Alarms& alarms)
    : folder_(std::move(folder)), low_bytes_(low_bytes), queue_bytes_(queue_bytes), alarms_(alarms) {}

DiskWatch::Room DiskWatch::room() const {
  std::error_code error;
  const auto space = std::filesystem::space(folder_, error);
  // A disk that says nothing is not a full one.
  if (error) return {UINT64_MAX, UINT64_MAX};
  return {space.available, space.capacity};
}

std::uint64_t DiskWatch::free_bytes() const {
  return room().free;
}

bool DiskWatch::has_room() const {
  const auto now = room();
  return now.free > std::min(now.capacity / 20, raw_file_reserve);
}

void DiskWatch::look(std::size_t queued) {
  // In halves and quarters, so that it does not ring at every wave.
  if (queued >= queue_bytes_ / 2 && !alarms_.is_active("disk_full")) late_ = true;
  if (queued <= queue_bytes_ / 4) late_ = false;
  if (late_)
    alarms_.raise("backlog", "frames come faster than the disk of " + folder_.string() +
                                 " takes them; when " + text_of(queue_bytes_) +
                                 " wait, the detector has to wait too");
  else
    alarms_.clear("backlog");
  if (const auto now = runtime::steady_now_ns(); now - looked_ns_ >= look_every_ns) {
    looked_ns_ = now;
    look_at_room();
  }
}

void DiskWatch::look_at_room() {
  const auto now = room();
  const auto bound = std::min(low_bytes_, now.capacity / 10);
  low_ = now.free < bound + (low_ ? bound / 10 : 0);
  if (low_)
    alarms_.raise("disk_low", text_of(now.free) + " are left on the disk of " + folder_.string() +
                                  "; when it is full the detector has to wait: make room");
  else
    alarms_.clear("disk_low");
}

}  // namespace ptero::ingest
