#pragma once
// What the commands of `ptero figures` have in common.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace ptero::tools {

struct StudyArguments {
  std::string out = "ptero-figures";
  std::optional<std::string> data;  ///< folder of the recorded scans
  bool quick = false;
  std::string format = "png";  ///< of the pictures: png, pdf or svg
  std::uint64_t seed = 1;
};

/// Makes the folder of the results. Throws InputError.
void make_results_folder(const std::filesystem::path& path);
/// Throws InputError.
void write_result(const std::filesystem::path& path, const std::string& text);

}  // namespace ptero::tools
