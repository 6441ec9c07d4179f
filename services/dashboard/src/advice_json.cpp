#include "advice_json.hpp"

#include <cmath>

namespace ptero::dashboard {

using Json = nlohmann::json;

namespace {

bool stands(const wire::AdviceEvent& event, std::int64_t utc_ns) {
  return event.standing != "none" && utc_ns < event.expires_utc_ns;
}

Json places(const std::vector<Position>& all) {
  Json out = Json::array();
  for (const Position& place : all) out.push_back({place.x_m, place.y_m});
  return out;
}

}  // namespace

Json all_of(const wire::AdviceEvent& event, std::int64_t utc_ns) {
  if (!stands(event, utc_ns))
    return {{"series_uid", event.series_uid}, {"standing", "none"}, {"mode", event.mode}};
  Json rings = Json::array();
  for (const auto& ring : event.region) rings.push_back(places(ring));
  Json skip = Json::array();
  for (std::size_t i = 0; i + 1 < event.skip.size(); i += 2)
    skip.push_back({event.skip[i], event.skip[i + 1]});
  return {
      {"series_uid", event.series_uid},
      {"standing", event.standing},
      {"mode", event.mode},
      {"id", event.id},
      {"revision", event.revision},
      {"action", event.action},
      {"confidence", event.confidence},
      {"issued_utc_ms", event.issued_utc_ns / 1'000'000},
      {"expires_utc_ms", event.expires_utc_ns / 1'000'000},
      {"bounds",
       {{"left", event.left_m}, {"top", event.top_m}, {"right", event.right_m}, {"bottom", event.bottom_m}}},
      {"dose", event.dose},
      // Without a budget it is infinite, which JSON cannot say.
      {"dose_left", std::isfinite(event.dose_left) ? Json(event.dose_left) : Json(nullptr)},
      {"step_m", event.step_m},
      {"skip", skip},
      {"region", rings},
      {"points", places(event.points)}};
}

Json numbers_of(const wire::AdviceEvent& event, std::int64_t utc_ns) {
  if (!stands(event, utc_ns)) return nullptr;
  std::uint64_t skipped = 0;
  for (std::size_t i = 0; i + 1 < event.skip.size(); i += 2) skipped += event.skip[i + 1] - event.skip[i] + 1;
  return {{"id", event.id},
          {"revision", event.revision},
          {"accepted", event.standing == "accepted"},
          {"confidence", event.confidence},
          {"expires_utc_ms", event.expires_utc_ns / 1'000'000},
          {"points", event.points.size()},
          {"skip", skipped},
          {"stop", event.action == "stop"},
          {"mode", event.mode}};
}

}  // namespace ptero::dashboard
