#pragma once

#include <filesystem>
#include <string>

#include <ptero/core/series.hpp>
#include <ptero/roi/batch.hpp>
#include <ptero/scan/method_options.hpp>

namespace ptero::scan {

/// The layout that a series' own description gives: its plan, else positions.
roi::ScanLayout layout_of(const SeriesInfo& info);

/// roi.csv (design section 8) and roi.png (maps of T and |CoM|, and the region of interest) in `folder`.
void write_roi_files(const std::filesystem::path& folder, const SeriesInfo& info,
                     const roi::FeatureTable& table, const roi::Classification& labels);

/// The "roi" and "options" parts of report.json, as JSON text, with what the features say against the
/// positions as "warnings".
std::string roi_report(const MethodOptions& method, const roi::FeatureTable& table,
                       const roi::Classification& labels, const std::optional<roi::PatternCentre>& centre);

/// Every frame that has a place is selected: what --no-roi means.
roi::Classification select_everything(const roi::FeatureTable& table, const roi::ScanLayout& layout,
                                      const roi::BadFrames& bad = {});

}  // namespace ptero::scan
