#include <fmt/chrono.h>
#include <fmt/format.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <chrono>
#include <memory>
#include <mutex>
#include <ptero/telemetry/log.hpp>

#include "log_line.hpp"

namespace ptero::telemetry {

namespace {

struct Log {
  LogOptions options;
  std::unique_ptr<spdlog::logger> logger;
};

std::shared_ptr<const Log> make_log(LogOptions options) {
  auto log = std::make_shared<Log>();
  log->options = std::move(options);
  log->logger = std::make_unique<spdlog::logger>(log->options.service,
                                                 std::make_shared<spdlog::sinks::stderr_sink_mt>());
  log->logger->set_pattern("%v");
  log->logger->set_level(spdlog::level::trace);
  return log;
}

// Replaced as a whole by init_logging, so that a line is never written half with old and half with new
// options.
struct Current {
  std::mutex mutex;
  std::shared_ptr<const Log> log = make_log({});
};
Current& current() {
  // Never destroyed: threads may log while the process ends.
  static auto* instance = new Current;
  return *instance;
}
std::shared_ptr<const Log> current_log() {
  std::lock_guard lock(current().mutex);
  return current().log;
}

std::string utc_now() {
  using namespace std::chrono;
  const auto now = system_clock::now();
  const auto ms = duration_cast<milliseconds>(now.time_since_epoch()).count() % 1000;
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(system_clock::to_time_t(now)), ms);
}

spdlog::level::level_enum spdlog_level(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warning:
      return spdlog::level::warn;
    case LogLevel::error:
      break;
  }
  return spdlog::level::err;
}

void write(LogLevel level, const std::string* service, std::string_view message, LogFields fields) {
  const auto log = current_log();
  if (level < log->options.level) return;
  const std::string time = utc_now();
  const detail::LogRecord record{time, level, service ? *service : log->options.service, message, fields};
  const std::string line =
      log->options.format == LogFormat::json ? detail::json_line(record) : detail::text_line(record);
  log->logger->log(spdlog_level(level), spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace

std::optional<LogLevel> log_level_from_name(std::string_view name) {
  for (LogLevel level : {LogLevel::debug, LogLevel::info, LogLevel::warning, LogLevel::error})
    if (name == detail::name_of(level)) return level;
  return std::nullopt;
}

std::optional<LogFormat> log_format_from_name(std::string_view name) {
  if (name == "text") return LogFormat::text;
  if (name == "json") return LogFormat::json;
  return std::nullopt;
}

void init_logging(const LogOptions& options) {
  auto log = make_log(options);
  std::lock_guard lock(current().mutex);
  current().log = std::move(log);
}

void log_debug(std::string_view message, LogFields fields) {
  write(LogLevel::debug, nullptr, message, fields);
}
void log_info(std::string_view message, LogFields fields) {
  write(LogLevel::info, nullptr, message, fields);
}
void log_warning(std::string_view message, LogFields fields) {
  write(LogLevel::warning, nullptr, message, fields);
}
void log_error(std::string_view message, LogFields fields) {
  write(LogLevel::error, nullptr, message, fields);
}

void Logger::debug(std::string_view message, LogFields fields) const {
  write(LogLevel::debug, &service_, message, fields);
}
void Logger::info(std::string_view message, LogFields fields) const {
  write(LogLevel::info, &service_, message, fields);
}
void Logger::warning(std::string_view message, LogFields fields) const {
  write(LogLevel::warning, &service_, message, fields);
}
void Logger::error(std::string_view message, LogFields fields) const {
  write(LogLevel::error, &service_, message, fields);
}

}  // namespace ptero::telemetry
