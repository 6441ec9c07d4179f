#pragma once

#include <filesystem>
#include <ptero/core/frame.hpp>
#include <vector>

namespace ptero::scanfile {

/// The frames of a raw file that a person marked bad during the scan, ascending; none in any other file.
/// Throws InputError when an HDF5 file cannot be read.
std::vector<FrameId> frames_marked_bad(const std::filesystem::path& path);

}  // namespace ptero::scanfile
