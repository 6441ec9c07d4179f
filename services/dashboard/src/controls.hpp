#pragma once

#include <functional>
#include <map>
#include <string>

#include <nlohmann/json.hpp>
#include <ptero/telemetry/http_server.hpp>
#include <ptero/wire/control.hpp>

#include "audit_log.hpp"
#include "state_store.hpp"

namespace ptero::dashboard {

/// The services that can be asked, by name: "classifier", "reconstructor", "ddip". Any thread.
using Services = std::map<std::string, std::function<wire::ControlAnswer(const wire::Control&)>>;

/// Everything that a person may ask for, as paths under /api/control; what each takes is one table. Each wish
/// that can be understood is written down with its answer. What is passed outlives the server's handlers.
void serve_controls(telemetry::HttpServer& server, StateStore& store, AuditLog& audit, Services services,
                    std::shared_ptr<void> owner);

/// {"classifier": true, ...}: which can be asked.
nlohmann::json names_of(const Services& services);

}  // namespace ptero::dashboard
