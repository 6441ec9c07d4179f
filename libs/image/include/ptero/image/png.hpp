#pragma once

#include <cstdint>
#include <filesystem>
#include <ptero/core/image.hpp>
#include <ptero/image/rgb.hpp>

namespace ptero::image {

/// Write an 8-bit PNG. The file appears under its name only when it is complete: it is written beside it and
/// renamed. Throws Error naming the path when it cannot be written.
void write_png(const std::filesystem::path& path, const Image<std::uint8_t>& grey);
void write_png(const std::filesystem::path& path, const Image<Rgb>& picture);

/// Read any PNG as 8-bit RGB, transparency dropped onto black. Throws InputError naming the path.
Image<Rgb> read_png(const std::filesystem::path& path);

}  // namespace ptero::image
