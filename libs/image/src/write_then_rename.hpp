#pragma once

#include <filesystem>
#include <functional>

namespace ptero::image {

/// Calls `write` with a temporary name beside `path` and renames the result to `path`; the temporary file is
/// gone afterwards whatever happens. Throws Error when the rename fails.
void write_then_rename(const std::filesystem::path& path, const std::function<void(const char*)>& write);

}  // namespace ptero::image
