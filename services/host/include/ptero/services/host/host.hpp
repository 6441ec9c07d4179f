#pragma once
// host: runs services as a process: configuration file, log, HTTP port, signals, exit code.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <ptero/config/document.hpp>
#include <ptero/runtime/service.hpp>
#include <ptero/telemetry/http_server.hpp>
#include <ptero/telemetry/metrics.hpp>
#include <ptero/transport/socket.hpp>

namespace ptero::host {

/// What a process shows of one service. The service outlives it.
struct Hosted {
  runtime::Service& service;
  telemetry::Metrics& metrics;
  std::function<std::vector<std::string>()> not_ready;
};

/// The HTTP port of a process: /metrics of all services on one page, /healthz, /readyz.
/// Reads http_address, http_port and http_insecure of the section. Throws InputError when it cannot listen.
std::unique_ptr<telemetry::HttpServer> serve_http(const config::Section& section,
                                                  std::vector<Hosted> services);

/// Sets the process' log from the section [log]: level and format.
void init_log(const config::Document& document, const std::string& name);

/// Builds the service from its section and keeps it alive.
using Build =
    std::function<std::pair<std::shared_ptr<void>, Hosted>(transport::Context&, const config::Section&)>;

/// The main of a service's own executable: -c FILE, --set section.key=value, --version. Runs until a signal
/// or the first failure. Returns the exit code: 0 done, 1 failed while running, 2 bad arguments,
/// configuration or input.
int run_service(int argc, char** argv, const std::string& name, int default_http_port, const Build& build);

/// Says what went wrong in one line on stderr and gives the exit code that goes with it.
int report_exception(const std::string& program, std::exception_ptr exception);

}  // namespace ptero::host
