#pragma once

#include <functional>
#include <string>

#include <ptero/telemetry/http_server.hpp>

#include "audit_log.hpp"
#include "controls.hpp"
#include "state_store.hpp"

namespace ptero::dashboard {

/// What the handlers use; all of it outlives the server's handlers.
struct ApiTools {
  StateStore& store;
  AuditLog& audit;
  Services services;
  std::function<std::int64_t()> now_ns;
};

/// Registers everything under /api on the server, as /api/openapi.json describes it. Handlers keep `owner`
/// alive.
void serve_api(telemetry::HttpServer& server, ApiTools tools, std::shared_ptr<void> owner);

/// The document itself, JSON.
extern const char* const openapi_json;

}  // namespace ptero::dashboard
