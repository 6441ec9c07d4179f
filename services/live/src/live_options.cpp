#include <ptero/services/host/host.hpp>
#include <ptero/services/live/live.hpp>

namespace ptero::live {

LiveOptions LiveOptions::from(const config::Document& document) {
  LiveOptions o;
  const auto section = document.section("live");
  // The file of services that run as processes of their own does for all in one, too.
  const auto ingest = document.section("ingest");
  o.source = section.get("source", ingest.get("source", o.source));
  o.out = section.get("out", ingest.get("out", o.out));
  o.keep_running = section.get("keep_running", o.keep_running);
  o.send.rate_hz = section.get_in_range("rate_hz", o.send.rate_hz, 0.0, 1e6);
  if (section.get("follow_advice", false)) o.steered.emplace();
  o.watchdog = host::watchdog_from(section);
  o.with_dashboard = section.get("dashboard", o.with_dashboard);
  o.stay = !section.get("exit_at_end", false);
  o.ingest = ingest::IngestOptions::from(document.section("ingest"));
  o.classifier = classifier::ClassifierOptions::from(document.section("classifier"));
  o.reconstructor = reconstructor::ReconstructorOptions::from(document.section("reconstructor"));
  o.dashboard = dashboard::DashboardOptions::from(document.section("dashboard"));
  return o;
}

}  // namespace ptero::live
