#pragma once

#include <string>

#include <ptero/positions/join_report.hpp>

namespace ptero::ingest {

/// The part "positions" of report.json, also kept in the raw file.
std::string json_of(const positions::JoinReport& report);

/// One suspicion more; `json` may be empty: nothing was joined.
std::string with_suspicion(const std::string& json, const std::string& suspicion);

}  // namespace ptero::ingest
