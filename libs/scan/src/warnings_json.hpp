#pragma once

#include <nlohmann/json.hpp>

#include <ptero/core/warning.hpp>

namespace ptero::scan {

/// As report.json has them.
nlohmann::json json_of(const Warnings& warnings);

}  // namespace ptero::scan
