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
  State(const std::filesystem::path& p, const std::string& uid, OpenMode mode, std::size_t budget)
      : path(p),
        writer(p, uid, mode),
        reader(p),
        ring_budget(budget),
        size(writer.size()),
        bytes(writer.bytes()) {}

  const std::filesystem::path path;
  JournalWriter writer;
  JournalReader reader;
  const std::size_t ring_budget;

  mutable std::mutex mutex;  ///< guards the five below
  std::deque<Parts> ring;    ///< entries size - ring.size() to size - 1
  std::size_t ring_bytes = 0;
  std::uint64_t size;
  std::uint64_t bytes;
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
                     std::size_t ring_bytes)
    : state_(std::make_unique<State>(path, series_uid, mode, ring_bytes)) {}

SeriesLog::~SeriesLog() = default;

std::uint64_t SeriesLog::append(Parts parts) {
  PTERO_EXPECT(!closed());
  const std::uint64_t sequence = state_->writer.append(parts);
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
  state_->writer.sync();
}

std::optional<Parts> SeriesLog::read(std::uint64_t sequence) const {
  {
    const std::lock_guard lock(state_->mutex);
    if (sequence >= state_->size) return std::nullopt;
    const std::uint64_t first = state_->size - state_->ring.size();
    if (sequence >= first) return state_->ring[sequence - first];
  }
  if (sequence >= state_->reader.size()) state_->reader.refresh();
  return state_->reader.read(sequence);
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
