#pragma once

#include <filesystem>
#include <string>

namespace ptero {

/// Where the files of series go.
enum class FolderLayout : bool {
  flat,        ///< in the output folder itself: one series
  per_series,  ///< in a folder named after the series' uid
};

inline FolderLayout folder_layout(bool folder_per_series) {
  return folder_per_series ? FolderLayout::per_series : FolderLayout::flat;
}

inline std::filesystem::path series_folder(const std::filesystem::path& out, const std::string& uid,
                                           FolderLayout layout) {
  return layout == FolderLayout::per_series ? out / uid : out;
}

}  // namespace ptero
