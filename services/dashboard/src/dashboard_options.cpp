#include <ptero/services/dashboard/dashboard.hpp>

namespace ptero::dashboard {

DashboardOptions DashboardOptions::from(const config::Section& section) {
  DashboardOptions o;
  o.ingest_events = section.get("ingest_events", o.ingest_events);
  o.classifier_events = section.get("classifier_events", o.classifier_events);
  o.reconstructor_events = section.get("reconstructor_events", o.reconstructor_events);
  o.ddip_events = section.get("ddip_events", o.ddip_events);
  o.classifier_control = section.get("classifier_control", o.classifier_control);
  o.reconstructor_control = section.get("reconstructor_control", o.reconstructor_control);
  o.ddip_control = section.get("ddip_control", o.ddip_control);
  o.web = section.get("web", o.web);
  o.audit = section.get("audit", o.audit);
  o.reports = section.get("reports", o.reports);
  o.max_clients = section.get_in_range("max_clients", o.max_clients, 1, 500);
  return o;
}

int http_threads(const DashboardOptions& options) {
  return static_cast<int>(options.max_clients) + 8;
}

}  // namespace ptero::dashboard
