#include <algorithm>
#include <deque>
#include <map>
#include <mutex>
#include <ptero/core/contract.hpp>
#include <ptero/journal/series_log.hpp>

namespace ptero::journal {

namespace {
std::size_t payload_bytes(const Parts& parts) {
  std::size_t bytes = 0;
  for (const Bytes& part : parts) bytes += part.size();
  return bytes;
}
}  // namespace

struct SeriesLog::State {
  State(const std::filesystem::path& p, const std::string& uid, OpenMode mode, std::size_t budget,
        Durability d)
      : path(p),
        durability(d),
        writer(p, uid, mode),
        reader(p),
        ring_budget(budget),
        taken_up(reader.size()),
        first(writer.size()),
        size(writer.size()),
        bytes(writer.bytes()),
        synced_bytes(mode == OpenMode::resume ? 0 : writer.bytes()) {}

  const std::filesystem::path path;
  const Durability durability;
  JournalWriter writer;
  JournalReader reader;
  const std::size_t ring_budget;
  const std::uint64_t taken_up;  ///< the numbers below are an earlier process's
  const std::uint64_t first;     ///< of this process; from here on none is left out

  mutable std::mutex mutex;  ///< guards the six below
  std::deque<Parts> ring;    ///< entries size - ring.size() to size - 1
  std::size_t ring_bytes = 0;
  std::uint64_t size;
  std::uint64_t bytes;
  std::uint64_t synced_bytes;
  bool closed = false;

  std::mutex listeners_mutex;
  std::map<std::size_t, Listener> listeners;
  std::size_t next_listener = 0;

  void notify() {
    const std::lock_guard lock(listeners_mutex);
    for (const auto& [id, listener] : listeners) listener();
  }
};

SeriesLog::SeriesLog(const std::filesystem::path& path, const std::string& series_uid, OpenMode mode,
                     std::size_t ring_bytes, Durability durability)
    : state_(std::make_unique<State>(path, series_uid, mode, ring_bytes, durability)) {}

SeriesLog::~SeriesLog() = default;

std::uint64_t SeriesLog::append(Parts parts) {
  PTERO_EXPECT(!closed());
  const std::uint64_t sequence = state_->writer.append(parts);
  if (state_->durability == Durability::synced) state_->writer.sync();
  // What the ring lets go of is freed outside the lock.
  std::vector<Parts> evicted;
  {
    const std::lock_guard lock(state_->mutex);
    state_->ring_bytes += payload_bytes(parts);
    state_->ring.push_back(std::move(parts));
    while (state_->ring_bytes > state_->ring_budget) {
      state_->ring_bytes -= payload_bytes(state_->ring.front());
      evicted.push_back(std::move(state_->ring.front()));
      state_->ring.pop_front();
    }
    state_->size = sequence + 1;
    state_->bytes = state_->writer.bytes();
    if (state_->durability == Durability::synced) state_->synced_bytes = state_->bytes;
  }
  state_->notify();
  return sequence;
}

void SeriesLog::close() {
  {
    const std::lock_guard lock(state_->mutex);
    if (state_->closed) return;
    state_->closed = true;
  }
  state_->notify();
}

void SeriesLog::release_ring() {
  std::deque<Parts> ring;
  const std::lock_guard lock(state_->mutex);
  ring.swap(state_->ring);
  state_->ring_bytes = 0;
}

void SeriesLog::sync() {
  const std::uint64_t end = bytes();
  state_->writer.sync();
  const std::lock_guard lock(state_->mutex);
  state_->synced_bytes = std::max(state_->synced_bytes, end);
}

std::uint64_t SeriesLog::unsynced_bytes() const {
  const std::lock_guard lock(state_->mutex);
  return state_->bytes - std::min(state_->bytes, state_->synced_bytes);
}

std::optional<Parts> SeriesLog::read(std::uint64_t sequence) const {
  {
    const std::lock_guard lock(state_->mutex);
    if (sequence >= state_->size) return std::nullopt;
    const std::uint64_t oldest = state_->size - state_->ring.size();
    if (sequence >= oldest) return state_->ring[sequence - oldest];
  }
  if (sequence >= state_->first && sequence >= state_->reader.size()) state_->reader.refresh();
  if (sequence >= state_->reader.size()) return Parts{};  // left out
  return state_->reader.find(sequence).value_or(Parts{});
}

std::uint64_t SeriesLog::following(std::uint64_t sequence) const {
  if (sequence >= state_->first) return sequence;
  if (sequence >= state_->taken_up) return state_->first;
  return std::min(state_->reader.following(sequence), state_->first);
}

std::uint64_t SeriesLog::entries_from(std::uint64_t sequence) const {
  const std::uint64_t end = size();
  const std::uint64_t own = end - std::clamp(sequence, state_->first, end);
  if (sequence >= state_->taken_up) return own;
  return own + state_->reader.entries_from(sequence) - state_->reader.entries_from(state_->taken_up);
}

std::uint64_t SeriesLog::entries() const {
  return entries_from(0);
}

std::uint64_t SeriesLog::cut_bytes() const {
  return state_->writer.cut_bytes();
}

std::vector<Hole> SeriesLog::holes() const {
  return state_->reader.holes();
}

std::uint64_t SeriesLog::size() const {
  const std::lock_guard lock(state_->mutex);
  return state_->size;
}

bool SeriesLog::closed() const {
  const std::lock_guard lock(state_->mutex);
  return state_->closed;
}

std::uint64_t SeriesLog::bytes() const {
  const std::lock_guard lock(state_->mutex);
  return state_->bytes;
}

std::size_t SeriesLog::ring_bytes_used() const {
  const std::lock_guard lock(state_->mutex);
  return state_->ring_bytes;
}

const std::string& SeriesLog::series_uid() const {
  return state_->writer.series_uid();
}

const std::filesystem::path& SeriesLog::path() const {
  return state_->path;
}

std::size_t SeriesLog::add_listener(Listener listener) {
  const std::lock_guard lock(state_->listeners_mutex);
  state_->listeners.emplace(state_->next_listener, std::move(listener));
  return state_->next_listener++;
}

void SeriesLog::remove_listener(std::size_t id) {
  const std::lock_guard lock(state_->listeners_mutex);
  state_->listeners.erase(id);
}

}  // namespace ptero::journal
