#pragma once
// Adaptive scans beside uniform grids on simulated samples of four kinds: the table of doc/steering.md.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "studies/steering/steering_case.hpp"

namespace ptero::tools {

struct SteeringFiguresOptions {
  std::filesystem::path out;
  bool quick = false;  ///< one small sample in seconds
  std::uint64_t seed = 1;
  unsigned threads = 1;
  std::string format = "png";  ///< of the pictures: png, pdf or svg
};

/// The samples of the table.
std::vector<std::pair<std::string, SteeringCaseOptions>> steering_cases(
    const SteeringFiguresOptions& options);

/// Runs them and writes a PNG a sample and one of all into options.out, which exists.
std::vector<SteeringCaseResult> make_steering_figures(const SteeringFiguresOptions& options,
                                                      const Progress& progress);

/// The table, Markdown.
std::string steering_table(const std::vector<SteeringCaseResult>& results);
/// {"samples": [{name, roi_share, adaptive: {...}, uniform: [...], exposure_ratio, time_ratio, and the same
/// "at_equal_ssim"}]}.
std::string steering_json(const std::vector<SteeringCaseResult>& results);

}  // namespace ptero::tools
