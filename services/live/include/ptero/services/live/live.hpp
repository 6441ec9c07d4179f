#pragma once
// live: the whole pipeline in one process over inproc:// sockets: a source, ingest, classifier,
// reconstructor, and somebody who watches. Nothing is shared between the services but messages.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include <ptero/config/document.hpp>
#include <ptero/runtime/watchdog.hpp>
#include <ptero/services/classifier/classifier.hpp>
#include <ptero/services/dashboard/dashboard.hpp>
#include <ptero/services/detector/sender.hpp>
#include <ptero/services/detector/steered_scan.hpp>
#include <ptero/services/ingest/ingest.hpp>
#include <ptero/services/reconstructor/reconstructor.hpp>
#include <ptero/telemetry/http_server.hpp>

namespace ptero::live {

struct LiveOptions {
  /// native:ENDPOINT (a detector elsewhere), replay:FILE or sim:SAMPLE (made here).
  std::string source = "sim:nanosheets";
  detector::SendOptions send;          ///< of replay and sim
  scanfile::ReadOptions read;          ///< of replay
  synth::SimulatorOptions simulation;  ///< of sim
  /// The stage of sim goes where the classifier's advice says, within the field of the simulation and on its
  /// grid where [classifier] names no other. `advice` is replaced.
  std::optional<detector::SteeredOptions> steered;
  std::string out = "ptero-out";  ///< raw.h5, roi.csv, roi.png, phase.png, product.h5, report.json
  bool keep_running = false;      ///< wait for the next series; each gets a folder of its own in `out`
  ingest::IngestOptions ingest;   ///< their endpoints are replaced by inproc ones
  classifier::ClassifierOptions classifier;
  reconstructor::ReconstructorOptions reconstructor;
  runtime::WatchdogOptions watchdog;

  bool with_dashboard = false;  ///< page, REST and WebSocket on the HTTP port
  dashboard::DashboardOptions dashboard;
  bool stay = false;  ///< with a dashboard: the page stays after the last report, until interrupted

  /// Reads [live], [ingest], [classifier], [reconstructor] and [dashboard] and checks that no key is left
  /// over.
  static LiveOptions from(const config::Document& document);
};

/// What there is to see while it runs. Counts are of the current series.
struct Progress {
  std::map<std::string, std::uint64_t> ledger;  ///< state -> frames
  std::uint64_t labelled = 0;
  std::uint64_t selected = 0;
  std::uint64_t revision = 0;
  double latency_p50_ms = 0;
  double latency_p99_ms = 0;
  std::uint64_t frames_used = 0;
  std::uint64_t iteration = 0;
  double amplitude_error = 0;
  double age_ms = 0;
};

class Live {
 public:
  /// Builds everything, so that what is wrong is found before anything starts. Throws InputError.
  Live(LiveOptions options, const telemetry::HttpOptions& http);
  ~Live();

  /// Runs to the end of the series (or of the process, with keep_running) and returns the last report as JSON
  /// text, empty when none was written. Where the page stays (LiveOptions::stay), `staying` is called with
  /// the report once the pipeline has ended, and the page shows what there was last until `interrupted` is
  /// not 0. `progress` is called a few times a second. `interrupted` is asked at least as often: at 1 a
  /// running scan is ended as if the detector had said so, the passes of a reconstruction whose scan is over
  /// already are cut short, and the reports are waited for; at 2 everything stops at once. Throws what a
  /// failing stage threw, and Error when a report cannot be written.
  std::string run(const std::function<void(const Progress&)>& progress,
                  const std::function<int()>& interrupted,
                  const std::function<void(const std::string&)>& staying = {});

  /// Why the dashboard has no page, but REST and WebSocket alone; empty: it has one, or there is no
  /// dashboard.
  std::string no_page() const;
  /// "http://127.0.0.1:PORT" of the dashboard, /metrics, /healthz and /readyz.
  std::string url() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ptero::live
