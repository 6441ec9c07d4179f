#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ptero {

/// Immutable bytes with shared ownership: a payload received once is journalled, forwarded and archived
/// without a copy. Copying a Bytes copies a pointer. Safe to share between threads.
class Bytes {
 public:
  Bytes() = default;
  /// A view that `owner` keeps alive: a received message, a memory map, a vector.
  Bytes(std::shared_ptr<const void> owner, std::span<const std::byte> view)
      : owner_(std::move(owner)), view_(view) {}

  template <class T>
  static Bytes take(std::vector<T> values) {
    auto owner = std::make_shared<const std::vector<T>>(std::move(values));
    return Bytes(owner, std::as_bytes(std::span(*owner)));
  }
  static Bytes take(std::string text) {
    auto owner = std::make_shared<const std::string>(std::move(text));
    return Bytes(owner, std::as_bytes(std::span(*owner)));
  }

  std::span<const std::byte> span() const { return view_; }
  const std::byte* data() const { return view_.data(); }
  std::size_t size() const { return view_.size(); }
  bool empty() const { return view_.empty(); }
  std::string_view text() const { return {reinterpret_cast<const char*>(view_.data()), view_.size()}; }

 private:
  std::shared_ptr<const void> owner_;
  std::span<const std::byte> view_;
};

inline bool operator==(const Bytes& a, const Bytes& b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size()) == 0);
}

/// A message, or a record of one: a header and, where there are pixels, a raw payload behind it.
using Parts = std::vector<Bytes>;

}  // namespace ptero
