#include <ptero/services/live/live.hpp>

#include <atomic>
#include <filesystem>
#include <future>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <thread>

#include <ptero/core/error.hpp>
#include <ptero/core/inside.hpp>
#include <ptero/core/series_folder.hpp>
#include <ptero/runtime/clock.hpp>
#include <ptero/scan/report.hpp>
#include <ptero/services/host/host.hpp>
#include <ptero/synth/named_sample.hpp>
#include <ptero/telemetry/log.hpp>
#include <ptero/wire/events.hpp>

namespace ptero::live {

using namespace std::chrono_literals;

namespace {

constexpr const char* source_endpoint = "inproc://source";
constexpr const char* source_uri = "native:inproc://source";
// Ingest tells its ledger four times a second: a series that has begun is known within this time.
constexpr std::int64_t heard_of_within_ns = 1'000'000'000;
constexpr const char* reporters[] = {"ingest", "classifier", "reconstructor"};

bool made_here(const std::string& source) {
  return source.starts_with("sim:") || source.starts_with("replay:");
}

std::string after_colon(const std::string& text) {
  return text.substr(text.find(':') + 1);
}

std::unique_ptr<detector::FrameSource> open_source(const LiveOptions& options) {
  if (options.steered) return nullptr;  // it has no plan to hand out
  if (options.source.starts_with("sim:")) {
    auto simulation = options.simulation;
    synth::put_sample(after_colon(options.source), simulation);
    return detector::simulated(simulation);
  }
  if (options.source.starts_with("replay:"))
    return detector::recorded(after_colon(options.source), options.read);
  return nullptr;
}

/// The stage and its adviser agree on field and grid.
void steer(LiveOptions& o) {
  if (!o.source.starts_with("sim:"))
    throw InputError("the stage of " + o.source + " cannot be steered from here",
                     "only a simulated one follows advice by itself",
                     "take sim:SAMPLE, or let the scan controller follow the event \"advice\"");
  if (o.classifier.steering.mode == steering::Mode::off)
    throw InputError("the stage is to follow advice, and none is given", "",
                     "set steering = \"automatic\" or \"propose\" in [classifier]");
  synth::put_sample(after_colon(o.source), o.simulation);
  const RasterPlan& grid = o.simulation.grid;
  const double x = grid.step_x_m * static_cast<double>(grid.cols - 1) / 2;
  const double y = grid.step_y_m * static_cast<double>(grid.rows - 1) / 2;
  steering::SteeringOptions& advice = o.classifier.steering;
  if (!o.steered->reach) o.steered->reach = steering::Bounds{-x, -y, x, y};
  if (!advice.bounds) advice.bounds = o.steered->reach;
  if (advice.finest_step_m == 0) advice.finest_step_m = grid.step_x_m;
  o.steered->advice = "inproc://events-classifier";
  detector::check_steered(o.send, *o.steered);
}

/// Of frames that are made here the shape is known before anything starts.
void check_centres(const LiveOptions& o, const detector::FrameSource* source) {
  if (!made_here(o.source)) return;
  const ingest::FrameOptions& frames = o.ingest.frames;
  Shape shape =
      source != nullptr ? source->info().frame_shape : Shape{o.simulation.pattern, o.simulation.pattern};
  if ((frames.rotate_deg % 180 != 0) != frames.transpose) std::swap(shape.rows, shape.cols);
  const auto check = [&](double row, double col, const char* section) {
    if (inside(shape, row, col)) return;
    std::ostringstream problem;
    problem << "the centre " << row << ", " << col << " is outside the frames of " << shape.rows << " x "
            << shape.cols << " pixels";
    throw InputError(problem.str(), "",
                     std::string("give --centre ROW,COL, or centre in [") + section + "], in their pixels");
  };
  if (frames.centre) check((*frames.centre)[0], (*frames.centre)[1], "ingest");
  const auto& centre = o.classifier.method.centre;
  if (centre && frames.crop == 0 && frames.bin == 1) check(centre->row, centre->col, "classifier");
}

LiveOptions wire_up(LiveOptions o) {
  if (o.steered) steer(o);
  o.ingest.source = made_here(o.source) ? source_uri : o.source;
  o.ingest.frame_link = o.classifier.frame_link = "inproc://frames";
  o.classifier.selection_link = o.reconstructor.selection_link = "inproc://selection";
  o.ingest.events = "inproc://events-ingest";
  o.classifier.events = "inproc://events-classifier";
  o.reconstructor.events = "inproc://events-reconstructor";
  o.classifier.control = "inproc://control-classifier";
  o.reconstructor.control = "inproc://control-reconstructor";
  o.dashboard.ingest_events = o.ingest.events;
  o.dashboard.classifier_events = o.classifier.events;
  o.dashboard.reconstructor_events = o.reconstructor.events;
  o.dashboard.classifier_control = o.classifier.control;
  o.dashboard.reconstructor_control = o.reconstructor.control;
  if (!o.dashboard.audit.empty())
    o.dashboard.audit = (std::filesystem::path(o.out) / o.dashboard.audit).string();
  if (o.dashboard.reports.empty() && o.keep_running) o.dashboard.reports = o.out;
  // A run for one series ends with it; only one that waits for more can begin with what another left.
  o.ingest.resume = o.keep_running && !made_here(o.source);
  if (!o.ingest.resume) o.reconstructor.checkpoint_every_s = 0;
  o.ingest.out = o.classifier.out = o.reconstructor.out = o.out;
  o.ingest.folder_per_series = o.classifier.folder_per_series = o.reconstructor.folder_per_series =
      o.keep_running;
  return o;
}

}  // namespace

struct Live::State {
  State(LiveOptions given, const telemetry::HttpOptions& http_options)
      : options(wire_up(std::move(given))),
        source(open_source(options)),
        ingest(context, options.ingest),
        classifier(context, options.classifier),
        reconstructor(context, options.reconstructor),
        watcher(context, transport::SocketKind::sub) {
    check_centres(options, source.get());
    if (options.with_dashboard) board.emplace(context, options.dashboard);
    http = host::serve_http(http_options, hosted());
    for (const auto& endpoint : {ingest.events(), classifier.events(), reconstructor.events()})
      watcher.connect(endpoint);
    watcher.subscribe("");
  }
  /// Before the server goes, through which the dashboard pushes; what it answers from goes after it.
  ~State() {
    for (auto* service : services()) service->request_stop();
    for (auto* service : services()) service->join();
  }

  std::vector<host::Hosted> hosted() {
    std::vector all{host::hosted(ingest), host::hosted(classifier), host::hosted(reconstructor)};
    if (!board) return all;
    auto& shown = *board;
    all.push_back(host::hosted(shown));
    all.back().http_threads = dashboard::http_threads(options.dashboard);
    all.back().serve_on = [&shown](telemetry::HttpServer& server) { shown.serve_on(server); };
    return all;
  }
  std::vector<runtime::Service*> services() {
    std::vector<runtime::Service*> all{&ingest.service(), &classifier.service(), &reconstructor.service()};
    if (board) all.push_back(&board->service());
    return all;
  }

  bool stays() const { return board && options.stay; }

  /// All but the page.
  void end_pipeline() {
    for (auto* service : {&ingest.service(), &classifier.service(), &reconstructor.service()}) {
      service->request_stop();
      service->join();
    }
    if (!made_here(options.source)) ingest.leave_detector();
    board->pipeline_ended();
  }

  void send(std::stop_token stop) {
    transport::Socket push(context, transport::SocketKind::push, {.high_water_mark = 16});
    push.bind(source_endpoint);
    if (!options.steered) {
      detector::send_series(push, *source, options.send, stop);
      return;
    }
    const auto result =
        detector::send_steered(context, push, options.simulation, options.send, *options.steered, stop);
    if (result.end == detector::SteeredResult::End::no_advice)
      telemetry::Logger("live").warning(
          "the scan was ended: no advice came",
          {{"exposures", result.frames}, {"patience_s", options.steered->patience_s}});
    steered_result.set_value(result);
  }

  void see(const Parts& event) {
    if (event.size() < 2) return;
    const std::string topic(event[0].text());
    if (topic == wire::topic_ledger) {
      const auto e = wire::decode_ledger_event(event[1]);
      if (!e) return;
      progress.ledger = e->counts;
      if (!written.contains(e->series_uid)) reports[e->series_uid];
    } else if (topic == wire::topic_roi) {
      const auto e = wire::decode_roi_event(event[1]);
      if (!e) return;
      progress.labelled = e->labelled;
      progress.selected = e->selected;
      progress.revision = e->revision;
      progress.latency_p50_ms = e->latency_p50_ms;
      progress.latency_p99_ms = e->latency_p99_ms;
    } else if (topic == wire::topic_snapshot) {
      const auto e = wire::decode_snapshot_event(event[1]);
      if (!e) return;
      progress.frames_used = e->frames_used;
      progress.iteration = e->iteration;
      progress.amplitude_error = e->amplitude_error;
      progress.age_ms = e->age_ms;
    } else if (topic.starts_with(wire::topic_report)) {
      const auto e = wire::decode_report_event(event[1]);
      if (e && !written.contains(e->series_uid))
        reports[e->series_uid][topic.substr(wire::topic_report.size())] = e->json;
    }
  }

  /// The series whose three services have all reported, if any.
  std::optional<std::string> reported() const {
    for (const auto& [uid, parts] : reports)
      if (parts.size() == std::size(reporters)) return uid;
    return std::nullopt;
  }

  /// Writes its report and forgets the series. Returns the report.
  std::string write_report(const std::string& uid) {
    scan::Report report{.series_uid = uid,
                        .source = options.source,
                        .seconds = static_cast<double>(runtime::steady_now_ns() - started_ns) * 1e-9,
                        .warnings = source ? source->warnings() : Warnings{}};
    for (const auto& [service, text] : reports.at(uid)) report.parts.push_back(text);
    // Its end was sent before the services reported; the sender has only to say so.
    if (options.steered && how_steered.wait_for(1s) == std::future_status::ready)
      report.parts.push_back(steering_part(how_steered.get()));
    reports.erase(uid);
    written.insert(uid);
    awaiting_report = false;
    return scan::write_report(series_folder(options.out, uid, folder_layout(options.keep_running)), report);
  }

  /// Called again and again after the first interrupt. True once nothing is left that could still be written.
  bool end_what_is_under_way() {
    const auto now = runtime::steady_now_ns();
    if (ending_since_ns == 0) ending_since_ns = now;
    // It would wait for the person who stopped it, and so would the end.
    if (reconstructor.stopped()) reconstructor.finish_early();
    // A series may begin even now: its start was on the way.
    if (ingest.end_series()) {
      awaiting_report = true;
    } else if (!awaiting_report && !reports.empty() && !cut_short) {
      // The scan is over already: what is left of the reconstruction is only more passes.
      cut_short = true;
      reconstructor.finish_early();
    }
    return reports.empty() && !awaiting_report && now - ending_since_ns > heard_of_within_ns;
  }

  void fail_if_a_stage_failed() {
    for (auto* service : services())
      if (const auto failure = service->failure()) std::rethrow_exception(failure->exception);
  }

  std::string steering_part(const detector::SteeredResult& r) const {
    return nlohmann::json{{"steering",
                           {{"end", name_of(r.end)},
                            {"exposures", r.frames},
                            {"uniform_exposures", options.simulation.grid.count()},
                            {"travel_m", r.travel_m},
                            {"scan_s", r.seconds}}}}
        .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  }

  const LiveOptions options;
  std::promise<detector::SteeredResult> steered_result;
  std::shared_future<detector::SteeredResult> how_steered = steered_result.get_future().share();
  std::unique_ptr<detector::FrameSource> source;
  transport::Context context;
  ingest::Ingest ingest;
  classifier::Classifier classifier;
  reconstructor::Reconstructor reconstructor;
  transport::Socket watcher;
  std::optional<dashboard::Dashboard> board;
  std::unique_ptr<telemetry::HttpServer> http;  // behind all that it answers from
  Progress progress;
  /// Series -> service -> JSON text, of the series that have begun and are not reported yet.
  std::map<std::string, std::map<std::string, std::string>> reports;
  std::set<std::string> written;
  std::int64_t ending_since_ns = 0;  // 0: not interrupted
  bool awaiting_report = false;      // of a series that was ended from here
  bool cut_short = false;
  std::int64_t started_ns = 0;
};

Live::Live(LiveOptions options, const telemetry::HttpOptions& http)
    : state_(std::make_unique<State>(std::move(options), http)) {}
Live::~Live() = default;

std::string Live::no_page() const {
  return state_->board ? state_->board->no_page() : "";
}

std::string Live::url() const {
  return state_->http->url();
}

std::string Live::run(const std::function<void(const Progress&)>& progress,
                      const std::function<int()>& interrupted,
                      const std::function<void(const std::string&)>& staying) {
  State& s = *state_;
  s.started_ns = runtime::steady_now_ns();
  const auto watchdog = host::watch(s.options.watchdog, s.hosted());
  for (auto* service : s.services()) service->start();
  std::exception_ptr sender_failure;
  std::atomic<bool> sender_failed = false;
  std::jthread sender;  // last, so that it is joined before what it writes to is gone
  if (made_here(s.options.source))
    sender = std::jthread([&](std::stop_token stop) {
      try {
        s.send(stop);
      } catch (...) {
        sender_failure = std::current_exception();
        sender_failed = true;
      }
    });

  std::string report;
  std::int64_t last_shown_ns = 0;
  while (true) {
    if (const auto event = s.watcher.receive(100ms)) s.see(*event);
    s.fail_if_a_stage_failed();
    if (sender_failed) std::rethrow_exception(sender_failure);
    if (const auto uid = s.reported()) {
      report = s.write_report(*uid);
      if (!s.options.keep_running) break;
    }
    const int signals = interrupted();
    if (signals >= 2) break;
    const auto now = runtime::steady_now_ns();
    if (now - last_shown_ns < 200'000'000) continue;
    last_shown_ns = now;
    progress(s.progress);
    if (signals == 0) continue;
    sender.request_stop();
    if (s.end_what_is_under_way()) break;
  }
  progress(s.progress);
  sender.request_stop();
  if (s.stays() && !report.empty() && interrupted() == 0) {
    s.end_pipeline();
    if (staying) staying(report);
    while (interrupted() == 0) {
      s.fail_if_a_stage_failed();
      std::this_thread::sleep_for(50ms);
    }
  }
  for (auto* service : s.services()) {
    service->request_stop();
    service->join();
  }
  s.fail_if_a_stage_failed();
  return report;
}

}  // namespace ptero::live
