#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace ptero::ingest {

/// Why a message of the detector is in no series.
enum class Aside : std::uint8_t {
  stray,          ///< of another series than the running one, or of none
  after_end,      ///< of a series that had ended
  number,         ///< a frame number that cannot be meant
  pixel_type,     ///< pixels that ptero cannot compute with
  another_shape,  ///< another shape or pixel type than its series
  start,          ///< a start that could not be recorded as it is
};
inline constexpr std::array all_asides{Aside::stray,      Aside::after_end,     Aside::number,
                                       Aside::pixel_type, Aside::another_shape, Aside::start};
std::string_view name_of(Aside why);

/// How many messages of one series were set aside, by reason. Thread-safe.
class AsideCounts {
 public:
  void add(Aside why) { ++counts_[static_cast<std::size_t>(why)]; }
  /// Those that are not 0.
  std::map<std::string, std::uint64_t> by_name() const;

 private:
  std::array<std::atomic<std::uint64_t>, all_asides.size()> counts_{};
};

}  // namespace ptero::ingest
