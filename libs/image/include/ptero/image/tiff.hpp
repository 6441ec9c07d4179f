#pragma once

#include <filesystem>
#include <ptero/core/image.hpp>

namespace ptero::image {

/// Write an uncompressed 32-bit float TIFF, every value kept. `pixel_m` > 0 becomes the resolution tag
/// (pixels a centimetre). Written beside the name and renamed. Throws Error naming the path.
void write_tiff(const std::filesystem::path& path, const Image<float>& values, double pixel_m = 0);

/// Read what write_tiff wrote: one channel of 32-bit floats in strips. Throws InputError naming the path.
Image<float> read_tiff(const std::filesystem::path& path);

}  // namespace ptero::image
