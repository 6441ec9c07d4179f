#pragma once
// What a few frames of a scan tell about its pixels: which are flagged, and where the light is.

#include <cstdint>
#include <functional>
#include <optional>
#include <ptero/core/warning.hpp>
#include <vector>

#include "frame_store.hpp"

namespace ptero::scanfile {

struct FrameLook {
  std::size_t frames = 0;
  std::vector<double> sum;             ///< of the counts of each pixel over those frames, flags left out
  std::vector<std::uint8_t> flagged;   ///< 1: a flag of a narrower type, or -1 or -2, in every one of them
  std::vector<std::uint8_t> unusable;  ///< 1: a flag of any kind in every one of them
  bool negative_noise = false;         ///< integers below zero that come and go: a dark was subtracted
};

/// Looks at up to 16 of the frames first <= i < first + count that are there; those that cannot be read are
/// passed over. May tell the store to keep negative values.
FrameLook look_at(FrameStore& frames, std::uint64_t first, std::uint64_t count);

}  // namespace ptero::scanfile
