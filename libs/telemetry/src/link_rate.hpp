#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>

namespace ptero::telemetry::detail {

/// What a client takes, from how soon it answers. A page that is busy drawing answers late over a good link,
/// and no page answers before the bytes are there: the fastest of the last few answers says most of the link.
class LinkRate {
 public:
  static constexpr std::size_t smallest_piece = 8 * 1024, largest_piece = 256 * 1024;
  static constexpr double piece_s = 0.2;  ///< what is sent without an answer takes about that long

  void answered(std::size_t bytes, std::int64_t took_ns) {
    rates_.push_back(static_cast<double>(bytes) * 1e9 /
                     static_cast<double>(std::max<std::int64_t>(took_ns, 1000)));
    if (rates_.size() > 6) rates_.pop_front();
  }
  bool known() const { return !rates_.empty(); }
  /// 0: not known.
  double bytes_per_s() const { return known() ? *std::max_element(rates_.begin(), rates_.end()) : 0; }
  std::size_t piece() const {
    return std::clamp(static_cast<std::size_t>(std::min(bytes_per_s() * piece_s, 1e9)), smallest_piece,
                      largest_piece);
  }

 private:
  std::deque<double> rates_;
};

}  // namespace ptero::telemetry::detail
