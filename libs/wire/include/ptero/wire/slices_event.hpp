#pragma once
// The event `slices`, proto/events.md: the slices of a multislice object, separated.

#include <cstdint>
#include <ptero/wire/decode.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace ptero::wire {

inline constexpr std::string_view topic_slices = "slices";

/// Parts behind the header: slices x rows x cols f32, the separated phases in radians; then, where `runs` >
/// 1, another of their standard deviations.
struct SlicesEvent {
  std::string series_uid;
  std::uint64_t slices = 0;
  Shape shape;  ///< of each
  double pixel_m = 0;
  std::uint64_t epoch = 0;  ///< of the fit; it begins again with every image
  bool done = false;        ///< false: an intermediate image
  bool warm = false;        ///< from the networks of an earlier image of the same series
  std::uint64_t runs = 1;
  std::vector<double> mixing;  ///< slices x slices, rows of sum 1: how much of slice j is in image i
  double mismatch = 0;         ///< sum over slices of the mean squared difference, contrast scaled to 0 .. 1
  double exclusion = 0;        ///< that term of the loss, weighted
  std::vector<std::string> alarms;  ///< one sentence each; empty: none
};

Bytes encode(const SlicesEvent& event);
Decoded<SlicesEvent> decode_slices_event(const Bytes& bytes);

}  // namespace ptero::wire
