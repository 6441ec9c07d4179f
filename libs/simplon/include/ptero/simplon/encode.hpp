#pragma once

#include <ptero/simplon/message.hpp>

namespace ptero::simplon {

/// A detector's word for a series: all header details, the mask (bit 0 of a masked pixel), flat field ones.
/// Frames of codec lz4 in the HDF5 framing travel in version 1 as one raw block where they have one.
Parts encode_start_v1(const SeriesInfo& info);
Parts encode_image_v1(std::uint64_t series, const Frame& frame);
Parts encode_end_v1(std::uint64_t series);

/// `armed_utc_ns`: when the detector was armed, from which the times of the images count; 0: not said.
Parts encode_start_v2(const SeriesInfo& info, std::int64_t armed_utc_ns = 0);
Parts encode_image_v2(std::uint64_t series, const std::string& uid, const Frame& frame,
                      std::int64_t armed_utc_ns = 0);
Parts encode_end_v2(std::uint64_t series, const std::string& uid);

}  // namespace ptero::simplon
