#pragma once

#include <ptero/core/error.hpp>
#include <ptero/telemetry/http_server.hpp>
#include <string>

namespace ptero::telemetry::detail {

/// "127.0.0.1:9100", "[::1]:9100"
std::string host_and_port(const std::string& address, int port);

/// InputError unless the address is an IP address, and loopback, behind a token or `insecure`.
void check_address(const HttpOptions& options);

/// A socket that listens there and does not block, and the port that it has. Throws InputError.
int listen_on(const HttpOptions& options, int& port);

/// Connects to loopback and leaves; does not wait and does not mind a refusal.
void knock(int port);

}  // namespace ptero::telemetry::detail
