#pragma once

#include <mutex>

#include <ptero/telemetry/http_access.hpp>
#include <ptero/telemetry/metrics.hpp>

#include "http_door.hpp"

struct mg_connection;

namespace ptero::telemetry::detail {

/// Stands before every request of a server: asks for the token, counts and logs who is sent away. The log has
/// one line in ten seconds at most, and neither token nor query. Thread safe.
class HttpGuard {
 public:
  /// Throws InputError when the token cannot be read.
  explicit HttpGuard(const HttpOptions& options);

  /// False: the request has been answered here, refused or sent on with a cookie.
  bool lets_in(mg_connection* connection, const HttpRequest& request);
  void count(HttpDoor::Turned why);
  /// What was counted, as Prometheus text.
  std::string metrics_text() const { return metrics_.text(); }

 private:
  void send_on(mg_connection* connection, const std::string& path, const std::string& query) const;
  void note(Access access, const HttpRequest& request);
  void refuse(mg_connection* connection, Access access, const HttpRequest& request) const;

  std::string token_;
  Metrics metrics_;
  const std::vector<std::string> hosts_;
  Counters refused_;
  std::mutex mutex_;
  std::int64_t last_line_ns_ = 0;  // 0: none yet
  std::uint64_t since_last_line_ = 0;
};

}  // namespace ptero::telemetry::detail
