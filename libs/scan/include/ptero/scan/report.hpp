#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <ptero/core/warning.hpp>

namespace ptero::scan {

/// What report.json says of a run, before it is merged into one document.
struct Report {
  std::string series_uid;
  std::string source;              ///< where the frames came from
  double seconds = 0;              ///< from the start to this report
  Warnings warnings = {};          ///< beside those that the parts bring along
  std::vector<std::string> parts;  ///< JSON objects as text; a later one wins where two name the same value
};

/// Writes folder/report.json and returns the same in one line. Bytes that are not UTF-8 are replaced. Throws
/// Error naming the path when it cannot be written.
std::string write_report(const std::filesystem::path& folder, const Report& report);

}  // namespace ptero::scan
