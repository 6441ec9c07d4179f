#include "log_line.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <ptero/telemetry/json_string.hpp>
#include <type_traits>

namespace ptero::telemetry::detail {

namespace {

bool needs_quotes(std::string_view text) {
  return text.empty() || std::any_of(text.begin(), text.end(), [](unsigned char c) {
           return c <= ' ' || c == '"' || c == '=' || c == '\\' || c == 0x7f;
         });
}

std::string text_value(const LogField::Value& value) {
  return std::visit(
      []<class T>(const T& v) {
        if constexpr (std::is_same_v<T, std::string_view>)
          return needs_quotes(v) ? json_string(v) : std::string(v);
        else
          return fmt::format("{}", v);
      },
      value);
}

std::string json_value(const LogField::Value& value) {
  if (const auto* text = std::get_if<std::string_view>(&value)) return json_string(*text);
  const auto* number = std::get_if<double>(&value);
  // JSON has no NaN and no infinity.
  return number && !std::isfinite(*number) ? "null" : text_value(value);
}

std::string one_line(std::string_view text) {
  std::string out(text);
  std::replace_if(
      out.begin(), out.end(), [](unsigned char c) { return c < ' ' || c == 0x7f; }, ' ');
  return out;
}

}  // namespace

std::string_view name_of(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return "debug";
    case LogLevel::info:
      return "info";
    case LogLevel::warning:
      return "warning";
    case LogLevel::error:
      break;
  }
  return "error";
}

std::string text_line(const LogRecord& record) {
  std::string line = fmt::format("{} {} {} {}", record.time, name_of(record.level), record.service,
                                 one_line(record.message));
  for (const LogField& field : record.fields)
    line += fmt::format(" {}={}", field.key, text_value(field.value));
  return line;
}

std::string json_line(const LogRecord& record) {
  std::string line =
      fmt::format(R"({{"time":{},"level":"{}","service":{},"message":{})", json_string(record.time),
                  name_of(record.level), json_string(record.service), json_string(record.message));
  for (const LogField& field : record.fields)
    line += fmt::format(",{}:{}", json_string(field.key), json_value(field.value));
  return line + "}";
}

}  // namespace ptero::telemetry::detail
