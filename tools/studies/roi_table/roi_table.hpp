#pragma once
// The table of the RoI classifier: both modes, several numbers of segments, scans with known truth.

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "studies/roi_case.hpp"

namespace ptero::tools {

struct RoiScore {
  std::optional<double> recall;  ///< share of the region that is selected; absent: nothing to find
  double false_positives = 0;    ///< share of the background that is selected; 0 when said to be nothing
  double kept = 0;               ///< share of all frames that is selected
  bool no_contrast = false;      ///< said that there is nothing to find
  int particles_found = 0;       ///< small ones, half or more of whose frames are selected
};

struct RoiTableRow {
  std::string scan;
  int segments = 0;
  std::size_t particles = 0;
  RoiScore paper, robust;

  /// Recall less false positives; where there is nothing to find, 1 less false positives.
  static double points(const RoiScore& score);
  /// More than 0: robust is ahead; 0: equal to within 0.005 points.
  int lead() const;
};

/// A conventional contrast [Lin23, fig. 7] on the same scan.
struct RivalRow {
  std::string scan;
  roi::Rival rival = roi::Rival::stxm;
  std::size_t particles = 0;
  RoiScore score;
};

struct RoiTable {
  std::vector<RoiTableRow> rows;
  std::vector<RivalRow> rivals;                            ///< where there is something to find
  std::vector<std::pair<std::string, std::string>> scans;  ///< name and what the truth is

  std::string markdown() const;
  std::string json() const;
};

/// A scan classified in one mode, measured against its truth.
RoiScore score(const RoiCase& roi_case, const roi::Classification& answer);
/// Several scans as one: rates over all their frames, `kept` and `particles_found` likewise; `no_contrast`
/// when it was said of all.
RoiScore score(std::span<const RoiCase> cases, std::span<const roi::Classification> answers);

/// Runs everything. `progress` hears the name of each scan, `look` sees it, the first of several samples.
RoiTable make_roi_table(const RoiCaseOptions& options,
                        const std::function<void(const std::string&)>& progress = {},
                        const std::function<void(const std::string&, const RoiCase&)>& look = {});

}  // namespace ptero::tools
