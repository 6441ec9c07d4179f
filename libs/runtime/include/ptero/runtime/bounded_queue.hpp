#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <mutex>
#include <optional>
#include <ptero/core/contract.hpp>
#include <stop_token>
#include <utility>

namespace ptero::runtime {

/// What a full queue does with one item more.
enum class Overflow : std::uint8_t {
  block,        ///< data edges: the producer waits
  drop_oldest,  ///< preview edges: the newest wins, push never waits
};

/// The edge between two stages: a first-in-first-out queue bounded in items and, with a size function, in
/// bytes. Every member may be called from any thread; any number of producers and consumers. End of data is
/// `close()`: consumers drain what is left, then get nothing. A stop request gives up at once.
template <class T>
class BoundedQueue {
 public:
  /// Bytes an item holds; must give the same number for the same item every time.
  using SizeOf = std::function<std::size_t(const T&)>;

  explicit BoundedQueue(std::size_t max_items, Overflow overflow = Overflow::block)
      : BoundedQueue(max_items, std::numeric_limits<std::size_t>::max(), nullptr, overflow) {}

  /// An item larger than max_bytes still passes, alone.
  BoundedQueue(std::size_t max_items, std::size_t max_bytes, SizeOf size_of,
               Overflow overflow = Overflow::block)
      : max_items_(max_items), max_bytes_(max_bytes), size_of_(std::move(size_of)), overflow_(overflow) {
    PTERO_EXPECT(max_items_ > 0);
  }
  BoundedQueue(const BoundedQueue&) = delete;
  BoundedQueue& operator=(const BoundedQueue&) = delete;

  /// False when the queue is closed or a stop was requested: the item is then gone.
  bool push(T item, const std::stop_token& stop = {}) {
    const std::size_t bytes = size_of_ ? size_of_(item) : 0;
    {
      std::unique_lock lock(mutex_);
      if (overflow_ == Overflow::block) not_full_.wait(lock, stop, [&] { return closed_ || fits(bytes); });
      if (closed_ || stop.stop_requested()) return false;
      while (!fits(bytes)) {
        take();
        ++dropped_;
      }
      items_.push_back({std::move(item), bytes});
      bytes_ += bytes;
    }
    // notify_one could wake a thread that is about to give up on its stop request, and leave the others
    // asleep.
    not_empty_.notify_all();
    return true;
  }

  /// Waits for an item; nothing when the queue is closed and drained, or a stop was requested.
  std::optional<T> pop(const std::stop_token& stop = {}) {
    std::unique_lock lock(mutex_);
    not_empty_.wait(lock, stop, [&] { return closed_ || !items_.empty(); });
    return stop.stop_requested() ? std::nullopt : finish_pop(lock);
  }

  /// As `pop`, and nothing after `timeout` either: tell the cases apart with `drained()`.
  template <class Rep, class Period>
  std::optional<T> pop_for(std::chrono::duration<Rep, Period> timeout, const std::stop_token& stop = {}) {
    std::unique_lock lock(mutex_);
    not_empty_.wait_for(lock, stop, timeout, [&] { return closed_ || !items_.empty(); });
    return stop.stop_requested() ? std::nullopt : finish_pop(lock);
  }

  std::optional<T> try_pop() {
    std::unique_lock lock(mutex_);
    return finish_pop(lock);
  }

  /// No more items come in; what is in can still be popped. Wakes everybody.
  void close() {
    {
      std::lock_guard lock(mutex_);
      closed_ = true;
    }
    not_full_.notify_all();
    not_empty_.notify_all();
  }

  bool closed() const {
    return read([this] { return closed_; });
  }
  /// Closed and empty: nothing will ever come out again.
  bool drained() const {
    return read([this] { return closed_ && items_.empty(); });
  }
  std::size_t depth() const {
    return read([this] { return items_.size(); });
  }
  std::size_t bytes() const {
    return read([this] { return bytes_; });
  }
  /// Items dropped since the queue was made; always 0 with Overflow::block.
  std::uint64_t dropped() const {
    return read([this] { return dropped_; });
  }

 private:
  struct Item {
    T value;
    std::size_t bytes;
  };

  template <class F>
  auto read(F f) const {
    std::lock_guard lock(mutex_);
    return f();
  }
  bool fits(std::size_t bytes) const {
    return items_.empty() ||
           (items_.size() < max_items_ && bytes_ <= max_bytes_ && bytes <= max_bytes_ - bytes_);
  }
  T take() {
    Item item = std::move(items_.front());
    items_.pop_front();
    bytes_ -= item.bytes;
    return std::move(item.value);
  }
  std::optional<T> finish_pop(std::unique_lock<std::mutex>& lock) {
    if (items_.empty()) return std::nullopt;
    std::optional<T> value(take());
    lock.unlock();
    not_full_.notify_all();
    return value;
  }

  const std::size_t max_items_;
  const std::size_t max_bytes_;
  const SizeOf size_of_;
  const Overflow overflow_;
  mutable std::mutex mutex_;
  std::condition_variable_any not_full_;
  std::condition_variable_any not_empty_;
  std::deque<Item> items_;
  std::size_t bytes_ = 0;
  std::uint64_t dropped_ = 0;
  bool closed_ = false;
};

}  // namespace ptero::runtime
