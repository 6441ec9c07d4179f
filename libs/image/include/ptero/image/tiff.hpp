#pragma once

#include <filesystem>
#include <ptero/core/image.hpp>
#include <ptero/image/notes.hpp>

namespace ptero::image {

/// Write an uncompressed 32-bit float TIFF, every value kept. `pixel_m` > 0 becomes the resolution tag
/// (pixels a centimetre); the notes become its ImageDescription, one "name: text" a line. Written beside the
/// name and renamed. Throws Error naming the path.
void write_tiff(const std::filesystem::path& path, const Image<float>& values, double pixel_m = 0,
                const Notes& notes = {});

/// Read what write_tiff wrote: one channel of 32-bit floats in strips. Throws InputError naming the path.
Image<float> read_tiff(const std::filesystem::path& path);

/// The ImageDescription of a TIFF, taken apart where write_tiff wrote it; a line of another kind has no name.
/// Throws InputError naming the path.
Notes read_tiff_notes(const std::filesystem::path& path);

}  // namespace ptero::image
