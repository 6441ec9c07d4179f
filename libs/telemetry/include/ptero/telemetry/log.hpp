#pragma once
// telemetry: what a running service tells: structured log lines, metrics, health. Everything is thread safe.

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace ptero::telemetry {

enum class LogLevel : std::uint8_t { debug, info, warning, error };
enum class LogFormat : std::uint8_t {
  text,  ///< "2026-01-31T12:00:00.123Z info ingest series started series=7 frames=1836"
  json,  ///< one object a line: {"time":...,"level":...,"service":...,"message":...,"series":7}
};

std::optional<LogLevel> log_level_from_name(std::string_view name);
std::optional<LogFormat> log_format_from_name(std::string_view name);

struct LogOptions {
  std::string service = "ptero";  ///< for the free functions below
  LogLevel level = LogLevel::info;
  LogFormat format = LogFormat::text;
};

/// Sets the process' log, which goes to stderr. Without it: text, info and above. May be called again.
void init_logging(const LogOptions& options);

/// One key of a line. Lives only as long as the call: the texts are not copied.
struct LogField {
  using Value = std::variant<std::string_view, std::int64_t, std::uint64_t, double, bool>;

  LogField(std::string_view k, std::string_view v) : key(k), value(v) {}
  LogField(std::string_view k, const std::string& v) : key(k), value(std::string_view(v)) {}
  LogField(std::string_view k, const char* v) : key(k), value(std::string_view(v)) {}
  LogField(std::string_view k, bool v) : key(k), value(v) {}
  LogField(std::string_view k, std::floating_point auto v) : key(k), value(static_cast<double>(v)) {}
  LogField(std::string_view k, std::signed_integral auto v) : key(k), value(static_cast<std::int64_t>(v)) {}
  LogField(std::string_view k, std::unsigned_integral auto v)
      : key(k), value(static_cast<std::uint64_t>(v)) {}

  std::string_view key;
  Value value;
};
using LogFields = std::initializer_list<LogField>;

/// log_info("series started", {{"series", 7}, {"uid", uid}});
void log_debug(std::string_view message, LogFields fields = {});
void log_info(std::string_view message, LogFields fields = {});
void log_warning(std::string_view message, LogFields fields = {});
void log_error(std::string_view message, LogFields fields = {});

/// The same under a service's own name, where several share a process.
class Logger {
 public:
  explicit Logger(std::string service) : service_(std::move(service)) {}
  void debug(std::string_view message, LogFields fields = {}) const;
  void info(std::string_view message, LogFields fields = {}) const;
  void warning(std::string_view message, LogFields fields = {}) const;
  void error(std::string_view message, LogFields fields = {}) const;

 private:
  std::string service_;
};

}  // namespace ptero::telemetry
