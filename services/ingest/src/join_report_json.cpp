#include "join_report_json.hpp"

#include <nlohmann/json.hpp>

namespace ptero::ingest {

std::string json_of(const positions::JoinReport& report) {
  nlohmann::json json;
  for (const JoinOutcome outcome : all_join_outcomes)
    json["frames"][std::string(name_of(outcome))] = report[outcome];
  json["samples"] = report.samples;
  json["positions"] = report.positions;
  json["unused_positions"] = report.unused_positions;
  json["lost_samples"] = report.lost_samples;
  json["late"] = report.late;
  json["duplicates"] = report.duplicates;
  json["other_scan"] = report.other_scan;
  json["misnumbered"] = report.misnumbered;
  json["unusable"] = report.unusable;
  json["armed"] = report.armed;
  if (!report.arm_time.empty()) json["arm_time"] = report.arm_time;
  if (!report.end_reason.empty()) json["end_reason"] = report.end_reason;
  json["complete"] = report.complete;
  json["median_step_m"] = report.median_step_m;
  json["suspicions"] = report.suspicions;
  // What the stage says goes into it, and need not be UTF-8.
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string with_suspicion(const std::string& json, const std::string& suspicion) {
  auto report = json.empty() ? nlohmann::json::object() : nlohmann::json::parse(json);
  report["suspicions"].push_back(suspicion);
  return report.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace ptero::ingest
