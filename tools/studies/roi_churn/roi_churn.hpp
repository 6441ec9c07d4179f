#pragma once
// How steady the region of interest is while a scan runs: what the selection link would tell, frame by frame.

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include <ptero/roi/online_classifier.hpp>

namespace ptero::tools {

/// Shares of the final set, in percent.
struct Churn {
  std::size_t selected = 0;  ///< frames of the final set
  double retracted = 0;      ///< frames taken back, each time one is
  double never_final = 0;    ///< frames sent that are not in the final set
  /// The last moment at which, among the frames scanned so far, fewer than nine tenths of the set were of the
  /// final set or fewer than nine tenths of the final set's were in it: as share of the sample scanned by
  /// then.
  double unsettled_until = 0;
  bool no_contrast = false;
};

/// Leads an online classifier through a scan, without a clock. frames: in order of arrival, ids in order.
Churn measure_churn(const roi::ScanLayout& layout, std::span<const roi::FrameRecord> frames,
                    const roi::RoiOptions& options);

struct ChurnRow {
  std::string kind;
  std::string scan;
  Churn churn;
};

struct ChurnOptions {
  bool quick = false;       ///< one small scan of each kind
  std::uint64_t seed = 1;   ///< of the first scan of each kind
  std::string data_folder;  ///< of recorded scans; empty: none
};

/// Twenty simulated scans of three kinds, and both halves of the recorded raster where it is.
std::vector<ChurnRow> make_roi_churn(const ChurnOptions& options,
                                     const std::function<void(const std::string&)>& progress);

/// One line a kind, medians and worst, then one line a scan.
std::string churn_markdown(const std::vector<ChurnRow>& rows);
std::string churn_json(const std::vector<ChurnRow>& rows);

}  // namespace ptero::tools
