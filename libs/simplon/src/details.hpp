#pragma once

#include <ptero/simplon/message.hpp>

#include "json.hpp"

namespace ptero::simplon {

/// Fills start.info from the detector's configuration, part 2 of a version 1 header.
void read_config_v1(const Json& config, Start& start);
/// The same from a version 2 start message, its tables taken out.
void read_config_v2(const Json& message, Start& start);

/// Pixels whose only flag is bit 31, "virtual", are good [NXdetector, pixel_mask].
std::vector<std::uint8_t> mask_of(std::span<const std::byte> flags);

/// `table` is the detector's pixel mask of u32; taken where it fits the frames, a warning where not. Without
/// a frame shape from the header it gives that too.
void take_mask(const DetectorTable& table, Start& start);

}  // namespace ptero::simplon
