#pragma once
// dashboard: holds the last event of each kind that the services publish, and shows them: REST, a WebSocket
// that pushes what is new, and the page that draws it. It asks the services for what a person wants and
// writes down who asked. Nothing of the data path waits for it, and it keeps nothing that is lost with
// it.
//
// Stages, one thread each:  one that listens to each service and to itself;  push, which says the state four
// times a second;  events, its own health and alarms REST handlers run on the HTTP server's threads.

#include <memory>
#include <string>
#include <vector>

#include <ptero/config/section.hpp>
#include <ptero/runtime/alarms.hpp>
#include <ptero/runtime/service.hpp>
#include <ptero/telemetry/http_server.hpp>
#include <ptero/telemetry/metrics.hpp>
#include <ptero/transport/socket.hpp>

namespace ptero::dashboard {

struct DashboardOptions {
  std::string ingest_events = "tcp://127.0.0.1:5575";         ///< we connect
  std::string classifier_events = "tcp://127.0.0.1:5576";     ///< we connect
  std::string reconstructor_events = "tcp://127.0.0.1:5577";  ///< we connect
  std::string ddip_events;                                    ///< we connect; empty: there is no ptero-ddip
  std::string classifier_control;     ///< its `control`; empty: neither region nor frames nor advice
  std::string reconstructor_control;  ///< its `control`; empty: it can be neither stopped nor begun anew
  std::string ddip_control;           ///< its `control`; empty: no separation can be asked for
  std::string web;  ///< folder of the page; empty: `dashboard` beside the program, or installed
  std::string audit =
      "dashboard-audit.jsonl";   ///< every action of a person is added to it; empty: none is kept
  std::string reports;           ///< folder with earlier series' report.json, for the history; empty: none
  std::size_t max_clients = 32;  ///< pages open at once

  /// Reads and checks the section [dashboard]. Throws InputError naming file, line and key.
  static DashboardOptions from(const config::Section& section);
};

/// Threads that the HTTP server of a dashboard needs.
int http_threads(const DashboardOptions& options);

class Dashboard {
 public:
  /// Connects, does not wait. Throws InputError.
  Dashboard(transport::Context& context, DashboardOptions options);
  ~Dashboard();

  /// Puts page, REST and WebSocket on a server that outlives the service's run and is not asked afterwards.
  /// Once, before the service starts.
  void serve_on(telemetry::HttpServer& server);

  runtime::Service& service();
  telemetry::Metrics& metrics();
  std::vector<std::string> not_ready() const;
  runtime::Alarms& alarms();
  /// Why there is no page to serve, but REST and the WebSocket alone: where it was looked for; empty: there
  /// is one.
  const std::string& no_page() const;
  /// The services have ended for good, as they should: their silence is no fault, and nothing can be asked.
  void pipeline_ended();

 private:
  struct State;
  std::shared_ptr<State> state_;  // the server's handlers hold it too
};

}  // namespace ptero::dashboard
