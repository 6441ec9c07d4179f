#pragma once

#include <filesystem>

namespace ptero::h5 {

/// Where add_checksum left one: throws InputError when the file is not as it was then. Reads the whole file.
void compare_checksum(const std::filesystem::path& path);

}  // namespace ptero::h5
