#pragma once

#include <string>

namespace ptero::scan {

/// The report for people: ledger, region of interest, reconstruction, latency. `json`: a report.json.
std::string summary(const std::string& json);

}  // namespace ptero::scan
