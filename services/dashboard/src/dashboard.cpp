#include <ptero/services/dashboard/dashboard.hpp>

#include <algorithm>
#include <condition_variable>
#include <fstream>
#include <mutex>

#include <ptero/core/error.hpp>
#include <ptero/runtime/clock.hpp>
#include <ptero/services/host/self_report.hpp>
#include <ptero/telemetry/log.hpp>
#include <ptero/transport/event_publisher.hpp>

#include "api.hpp"
#include "audit_log.hpp"
#include "checked_json.hpp"
#include "control_client.hpp"
#include "page.hpp"
#include "smaller.hpp"
#include "state_store.hpp"

namespace ptero::dashboard {

using namespace std::chrono_literals;

namespace {

constexpr auto push_every = 250ms;
constexpr std::int64_t remember_every_ns = 1'000'000'000;
/// One of its kind in a process.
std::string address_of(const void* object) {
  return std::to_string(reinterpret_cast<std::uintptr_t>(object));
}

/// Reports of earlier series, the oldest first, at most as many as are kept.
void read_reports(const std::filesystem::path& folder, StateStore& store) {
  namespace fs = std::filesystem;
  std::vector<std::pair<fs::file_time_type, fs::path>> found;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    const fs::path report = entry.path() / "report.json";
    if (fs::is_regular_file(report, ignored))
      found.emplace_back(fs::last_write_time(report, ignored), report);
  }
  std::sort(found.begin(), found.end());
  if (found.size() > StateStore::series_kept)
    found.erase(found.begin(), found.end() - static_cast<std::ptrdiff_t>(StateStore::series_kept));
  for (const auto& [time, path] : found) {
    std::ifstream in(path);
    auto report = checked_json(std::string(std::istreambuf_iterator<char>(in), {})).value;
    if (!report.is_object()) continue;
    const auto utc = std::chrono::file_clock::to_sys(time).time_since_epoch();
    store.add_series(std::move(report), std::chrono::duration_cast<std::chrono::seconds>(utc).count());
  }
}

}  // namespace

struct Dashboard::State {
  State(transport::Context& given_context, DashboardOptions given)
      : options(std::move(given)), context(given_context), audit(options.audit) {
    const PageFolder found = find_page(options.web);
    page = read_page(found.folder);
    if (page.empty()) no_page = no_page_in(found.looked_in);
    if (!options.reports.empty()) read_reports(options.reports, store);
    listen_to("ingest", options.ingest_events);
    listen_to("classifier", options.classifier_events);
    listen_to("reconstructor", options.reconstructor_events);
    listen_to("ddip", options.ddip_events);
    listen_to("dashboard", own_events.endpoint());
    self.add_events_stage(service, own_events);
    service.add_stage("push",
                      [this](std::stop_token stop, runtime::Heartbeat& beat) { push_state(stop, beat); });
    metrics.register_gauge("ptero_dashboard_clients",
                           [this] { return push ? static_cast<double>(push->stats().clients) : 0; });
    metrics.register_snapshot("ptero_dashboard_values", [this] {
      const auto s = push ? push->stats() : telemetry::PushStats{};
      return telemetry::Metrics::Snapshot{{"sent", static_cast<double>(s.sent)},
                                          {"skipped", static_cast<double>(s.skipped)}};
    });
    metrics.register_snapshot("ptero_dashboard_turned_away", [this] {
      const auto s = push ? push->stats() : telemetry::PushStats{};
      return telemetry::Metrics::Snapshot{{"too_many", static_cast<double>(s.refused)},
                                          {"stalled", static_cast<double>(s.cut_off)}};
    });
    const auto of_pages = [this](const char* name, std::size_t telemetry::PushStats::*what) {
      metrics.register_gauge(name,
                             [this, what] { return push ? static_cast<double>(push->stats().*what) : 0; });
    };
    of_pages("ptero_dashboard_topics", &telemetry::PushStats::topics);
    of_pages("ptero_dashboard_waiting_values", &telemetry::PushStats::waiting_values);
    of_pages("ptero_dashboard_waiting_bytes", &telemetry::PushStats::waiting_bytes);
    of_pages("ptero_dashboard_held_bytes", &telemetry::PushStats::held_bytes);
    metrics.register_gauge("ptero_dashboard_unreadable_events",
                           [this] { return static_cast<double>(store.bad_events()); });
  }

  /// Each service has a socket and a thread of its own: what is heard on it is that service.
  void listen_to(const std::string& name, const std::string& endpoint) {
    if (endpoint.empty()) return;
    sockets.push_back(std::make_unique<transport::Socket>(
        context, transport::SocketKind::sub,
        transport::SocketOptions{.high_water_mark = 8, .longest_silence = transport::events_silence}));
    sockets.back()->connect(endpoint);
    sockets.back()->subscribe("");
    service.add_stage(
        name, [this, name, &socket = *sockets.back()](std::stop_token stop, runtime::Heartbeat& beat) {
          while (!stop.stop_requested()) {
            beat.beat();
            const auto event = socket.receive(200ms);
            if (!event) continue;
            const auto view = store.take(name, *event, runtime::steady_now_ns());
            if (view && push)
              push->publish((*event)[0].text(), std::string(view->message),
                            telemetry::StatePush::Kind::binary, smaller);
          }
        });
  }

  /// The state is a sign of life too: it comes whether or not anything happened.
  void push_state(std::stop_token stop, runtime::Heartbeat& beat) {
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock(mutex);
    std::int64_t remembered_ns = 0;
    while (!stop.stop_requested()) {
      beat.beat();
      watch_audit();
      const auto now = runtime::steady_now_ns();
      if (now - remembered_ns >= remember_every_ns) {
        store.remember(now);
        remembered_ns = now;
      }
      if (push)
        push->publish("state",
                      store.state(now).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace),
                      telemetry::StatePush::Kind::text);
      never.wait_for(lock, stop, push_every, [] { return false; });
    }
  }

  void watch_audit() {
    if (audit.failed())
      self.alarms().raise("audit_log", "what people do is not written into " + options.audit +
                                           "; is there room, and may it be written?");
    else
      self.alarms().clear("audit_log");
  }

  const DashboardOptions options;
  transport::Context& context;
  telemetry::Logger log{"dashboard"};
  telemetry::Metrics metrics{"dashboard"};
  host::SelfReport self{"dashboard", metrics};
  /// Its own word takes the way of all others'.
  transport::EventPublisher own_events{context, "inproc://dashboard-" + address_of(this), {}};
  StateStore store;
  AuditLog audit;
  std::map<std::string, PageFile> page;
  std::string no_page;                   // why
  telemetry::StatePush* push = nullptr;  // of the server, set before the stages start
  std::vector<std::unique_ptr<transport::Socket>> sockets;
  runtime::Service service{"dashboard"};
};

Dashboard::Dashboard(transport::Context& context, DashboardOptions options)
    : state_(std::make_shared<State>(context, std::move(options))) {}
Dashboard::~Dashboard() {
  state_->service.request_stop();
  state_->service.join();
  state_->sockets.clear();
}

void Dashboard::serve_on(telemetry::HttpServer& server) {
  auto& s = *state_;
  s.push = &server.add_push("/ws", {.max_clients = s.options.max_clients});
  ApiTools tools{.store = s.store, .audit = s.audit, .now_ns = runtime::steady_now_ns};
  const auto& o = s.options;
  for (const auto& [name, endpoint] : {std::pair("classifier", &o.classifier_control),
                                       {"reconstructor", &o.reconstructor_control},
                                       {"ddip", &o.ddip_control}})
    if (!endpoint->empty())
      tools.services[name] = [&s, endpoint](const wire::Control& control) {
        return ask(s.context, *endpoint, control);
      };
  s.store.set_controls(names_of(tools.services));
  serve_api(server, std::move(tools), state_);
  for (const auto& [path, file] : s.page)
    server.add_handler(path, [file = &file, keep = state_](const telemetry::HttpRequest& request) {
      return file->answer(request);
    });
  if (s.page.empty())
    server.add_handler("/", [why = s.no_page](const telemetry::HttpRequest&) {
      return telemetry::HttpResponse{200, why +
                                              ". What the page would show is at api/state; api/openapi.json "
                                              "describes the rest.\n"};
    });
}

runtime::Service& Dashboard::service() {
  return state_->service;
}
telemetry::Metrics& Dashboard::metrics() {
  return state_->metrics;
}
std::vector<std::string> Dashboard::not_ready() const {
  return state_->self.not_ready(state_->service);
}
runtime::Alarms& Dashboard::alarms() {
  return state_->self.alarms();
}
const std::string& Dashboard::no_page() const {
  return state_->no_page;
}
void Dashboard::pipeline_ended() {
  state_->store.set_over();
}

}  // namespace ptero::dashboard
