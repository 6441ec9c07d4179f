#pragma once

#include <string>

#include <ptero/positions/join_report.hpp>

namespace ptero::ingest {

/// The part "positions" of report.json, also kept in the raw file.
std::string json_of(const positions::JoinReport& report);

}  // namespace ptero::ingest
