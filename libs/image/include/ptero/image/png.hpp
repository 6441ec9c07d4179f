#pragma once

#include <cstdint>
#include <filesystem>
#include <ptero/core/image.hpp>
#include <ptero/image/notes.hpp>
#include <ptero/image/rgb.hpp>

namespace ptero::image {

/// Write an 8-bit PNG. The file appears under its name only when it is complete: it is written beside it and
/// renamed. The notes become text chunks (tEXt, or iTXt where one is not ASCII). Throws Error naming the path
/// when it cannot be written.
void write_png(const std::filesystem::path& path, const Image<std::uint8_t>& grey, const Notes& notes = {});
void write_png(const std::filesystem::path& path, const Image<Rgb>& picture, const Notes& notes = {});

/// Read any PNG as 8-bit RGB, transparency dropped onto black. Throws InputError naming the path.
Image<Rgb> read_png(const std::filesystem::path& path);

/// The text chunks of a PNG in their order. Throws InputError naming the path.
Notes read_png_notes(const std::filesystem::path& path);

}  // namespace ptero::image
