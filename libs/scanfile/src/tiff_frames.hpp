#pragma once

#include <filesystem>
#include <memory>

#include "frame_store.hpp"

namespace ptero::scanfile {

/// The pages of a TIFF file, each a frame of one sample a pixel. Throws InputError.
std::unique_ptr<FrameStore> open_tiff(const std::filesystem::path& path);

}  // namespace ptero::scanfile
