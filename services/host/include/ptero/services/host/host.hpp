#pragma once
// host: runs services as a process: configuration file, log, HTTP port, signals, exit code.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <ptero/config/document.hpp>
#include <ptero/runtime/alarms.hpp>
#include <ptero/runtime/service.hpp>
#include <ptero/runtime/watchdog.hpp>
#include <ptero/telemetry/http_server.hpp>
#include <ptero/telemetry/metrics.hpp>
#include <ptero/transport/socket.hpp>

namespace ptero::host {

/// What a process shows of one service. The service outlives it.
struct Hosted {
  runtime::Service& service;
  telemetry::Metrics& metrics;
  std::function<std::vector<std::string>()> not_ready;
  runtime::Alarms* alarms = nullptr;  ///< where its watchdog rings; null: it only logs
  int http_threads = 0;               ///< that it needs of the HTTP server; 0: the usual few
  std::function<void(telemetry::HttpServer&)> serve_on;  ///< what it serves itself; empty: nothing
};

/// Of a service with these four.
template <class S>
Hosted hosted(S& s) {
  return {s.service(), s.metrics(), [&s] { return s.not_ready(); }, &s.alarms()};
}

/// Reads http_address, http_port, http_token_file and http_insecure of the section.
telemetry::HttpOptions http_from(const config::Section& section);

/// Reads the section [curve]: the files with the keys of all sockets over tcp. They are opened when a Context
/// is made of them.
transport::CurveFiles curve_from(const config::Document& document);

/// The HTTP port of a process: /metrics of all services (and `more`) on one page, /healthz, /readyz.
/// Throws InputError when it cannot listen.
std::unique_ptr<telemetry::HttpServer> serve_http(const telemetry::HttpOptions& options,
                                                  std::vector<Hosted> services,
                                                  const telemetry::Metrics* more = nullptr);

/// Reads watchdog_exit_s of the section.
runtime::WatchdogOptions watchdog_from(const config::Section& section);

/// Watches the services while it lives. A stage that is given up ends the process with exit code 1, so that
/// its supervisor starts it anew: the others are stopped first and have 5 s to keep what they hold.
std::unique_ptr<runtime::Watchdog> watch(const runtime::WatchdogOptions& options,
                                         const std::vector<Hosted>& services);

/// Sets the process' log from the section [log]: level and format.
void init_log(const config::Document& document, const std::string& name);

/// Makes the service, and keeps it alive.
using Make = std::function<std::pair<std::shared_ptr<void>, Hosted>(transport::Context&)>;
/// Reads the section; what it returns is called once the whole configuration is known to be right, so that a
/// typo is found before a port is bound.
using Read = std::function<Make(const config::Section&)>;

/// The main of a service's own executable: -c FILE, --set section.key=value, --version. Runs until a signal
/// or the first failure. Returns the exit code: 0 done, 1 failed while running, 2 bad arguments,
/// configuration or input.
int run_service(int argc, char** argv, const std::string& name, int default_http_port, const Read& read);

/// Says what went wrong in one line on stderr and gives the exit code that goes with it.
int report_exception(const std::string& program, std::exception_ptr exception);

}  // namespace ptero::host
