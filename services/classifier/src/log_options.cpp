#include "log_options.hpp"

#include <nlohmann/json.hpp>

namespace ptero::classifier {

std::string log_options(const scan::MethodOptions& method, const scan::MethodOptions& configured,
                        const roi::WaitOptions& wait) {
  const roi::RevisionOptions revisions;
  nlohmann::json text;
  text["mode"] = name_of(method.roi.mode);
  text["threshold"] = method.roi.threshold;
  text["segments"] = method.roi.segments;
  text["configured_segments"] = configured.roi.segments;
  text["clusters"] = method.roi.clusters;
  text["border"] = method.roi.border;
  text["fill_in"] = method.roi.fill_in == roi::FillIn::on;
  text["keep_dark"] = method.roi.dark == roi::DarkFrames::keep;
  if (method.centre) text["centre"] = {method.centre->row, method.centre->col};
  text["select_all"] = method.select_all;
  text["wait"] = {wait.frames, wait.confidence};
  text["revisions"] = {revisions.first, revisions.growth, revisions.least_growth, revisions.give_up_after};
  return text.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::optional<int> segments_begun_with(const std::filesystem::path& log, const Parts& start_entry,
                                       const scan::MethodOptions& configured, const roi::WaitOptions& wait) {
  const auto owner = FeatureLog::owner_of(log);
  if (!owner || owner->start != start_entry) return std::nullopt;
  const auto text = nlohmann::json::parse(owner->options, nullptr, false);
  if (!text.is_object() || !text.contains("segments") || !text["segments"].is_number_integer())
    return std::nullopt;
  auto begun = configured;
  begun.roi.segments = text["segments"].get<int>();
  // With any other difference it is of no use, whatever its segments.
  if (log_options(begun, configured, wait) != owner->options) return std::nullopt;
  return begun.roi.segments;
}

}  // namespace ptero::classifier
