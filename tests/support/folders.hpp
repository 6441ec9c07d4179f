#pragma once

#include <filesystem>
#include <system_error>
#include <vector>

namespace ptero::test {

/// The folders in a folder, in any order; what else lies there, such as a lock, is none.
inline std::vector<std::filesystem::path> folders_in(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> found;
  std::error_code absent;
  for (const auto& entry : std::filesystem::directory_iterator(folder, absent))
    if (entry.is_directory()) found.push_back(entry.path());
  return found;
}

}  // namespace ptero::test
