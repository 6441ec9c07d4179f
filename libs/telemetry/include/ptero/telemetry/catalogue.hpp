#pragma once
// The one list of metrics and alarms. Metrics are registered by their name in it, a service's alarms are
// those that name it, and the tables of doc/operations.md are written from it.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace ptero::telemetry {

enum class MetricKind : std::uint8_t { counter, gauge, histogram };
std::string_view name_of(MetricKind kind);

struct MetricInfo {
  std::string_view name;
  MetricKind kind;
  std::string_view labels;  ///< names of its labels besides `service`, with commas between
  std::string_view help;    ///< one phrase, as Prometheus shows it
  std::string_view more{};  ///< Markdown behind it in doc/operations.md
};

struct AlarmInfo {
  std::string_view id;
  std::string_view services;  ///< who may raise it, with commas between; "all"
  bool critical;              ///< makes the service unready
  std::string_view raised_while;
  std::string_view what_helps;  ///< Markdown
};

/// In the order of the page.
std::span<const MetricInfo> all_metrics();
std::span<const AlarmInfo> all_alarms();

/// Null: it is not in the list.
const MetricInfo* find_metric(std::string_view name);
bool may_raise(const AlarmInfo& alarm, std::string_view service);

/// The tables of doc/operations.md, a line each row.
std::string metrics_table();
std::string alarms_table();

}  // namespace ptero::telemetry
