#pragma once

#include <nlohmann/json.hpp>
#include <ptero/scanfile/read_options.hpp>
#include <string>

#include "truth.hpp"

namespace ptero::conventions {

/// The options of a case as the reader takes them.
scanfile::ReadOptions options_of(const nlohmann::json& options);

/// What differs between the scan as it was and as the reader gives it; empty: nothing. Throws InputError
/// where the reader refuses.
std::string difference_of_reading(const Truth& truth, const Expected& expected, const std::string& file,
                                  const scanfile::ReadOptions& options);

}  // namespace ptero::conventions
