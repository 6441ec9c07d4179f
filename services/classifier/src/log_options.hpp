#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include <ptero/services/classifier/classifier.hpp>

#include "feature_log.hpp"

namespace ptero::classifier {

/// All that features and labels depend on besides the series itself, as text: what a log's owner says.
/// configured: as the configuration has it; the segments in `method` may be what a person wanted instead.
std::string log_options(const scan::MethodOptions& method, const scan::MethodOptions& configured,
                        const roi::WaitOptions& wait);

/// The segments that an earlier run of this series began with, where that run was made with this
/// configuration: a person may have asked for them. nullopt: there is no such run.
std::optional<int> segments_begun_with(const std::filesystem::path& log, const Parts& start_entry,
                                       const scan::MethodOptions& configured, const roi::WaitOptions& wait);

}  // namespace ptero::classifier
