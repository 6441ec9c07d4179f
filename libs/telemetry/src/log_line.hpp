#pragma once

#include <ptero/telemetry/log.hpp>
#include <string>
#include <string_view>

namespace ptero::telemetry::detail {

struct LogRecord {
  std::string_view time;  ///< ISO 8601, UTC
  LogLevel level;
  std::string_view service;
  std::string_view message;
  LogFields fields;
};

std::string_view name_of(LogLevel level);
/// One line without its end; control characters never get through, so a message cannot forge a line.
std::string text_line(const LogRecord& record);
std::string json_line(const LogRecord& record);

}  // namespace ptero::telemetry::detail
