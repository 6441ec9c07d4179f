#pragma once

#include <ptero/core/error.hpp>
#include <ptero/telemetry/http_server.hpp>
#include <string>

namespace ptero::telemetry::detail {

/// "127.0.0.1:9100", "[::1]:9100"
std::string host_and_port(const std::string& address, int port);

/// InputError unless the address is an IP address, and loopback, behind a token or `insecure`.
void check_address(const HttpOptions& options);

/// What to throw when listening failed; `complaint` is civetweb's own message, with the reason in its last
/// brackets.
InputError cannot_listen(const HttpOptions& options, const std::string& complaint);

/// Connects and leaves; does not wait and does not mind a refusal.
void knock(const std::string& address, int port);

}  // namespace ptero::telemetry::detail
