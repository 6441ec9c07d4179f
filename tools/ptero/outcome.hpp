#pragma once

#include <iostream>
#include <string>

#include <ptero/scan/summary.hpp>

namespace ptero::tools {

/// Of a run that left this report.json: 0, or 1 and why on standard error.
inline int exit_code(const std::string& report) {
  const auto failure = scan::why_failed(report);
  if (!failure) return 0;
  std::cerr << "ptero: " << *failure << "\n";
  return 1;
}

}  // namespace ptero::tools
