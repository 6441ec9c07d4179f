#pragma once

#include <optional>
#include <string>

namespace ptero::scan {

/// The report for people: ledger, region of interest, reconstruction, latency. `json`: a report.json.
std::string summary(const std::string& json);

/// Why a run whose report this is ends with exit code 1, in one sentence: an image was to be made and there
/// is none, or one of less than half of the selected frames. nullopt: it did what it should.
std::optional<std::string> why_failed(const std::string& json);

}  // namespace ptero::scan
