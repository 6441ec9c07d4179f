#include <ptero/services/host/host.hpp>

#include <sys/resource.h>
#include <chrono>
#include <cstdlib>
#include <thread>

#include <CLI/CLI.hpp>
#include <algorithm>

#include <ptero/core/error.hpp>
#include <ptero/core/version.hpp>
#include <ptero/runtime/run_until.hpp>
#include <ptero/services/host/refusal_log.hpp>
#include <ptero/telemetry/log.hpp>

namespace ptero::host {

telemetry::HttpOptions http_from(const config::Section& section) {
  telemetry::HttpOptions options;
  options.section = section.name();
  options.address = section.get("http_address", options.address);
  options.port = section.get_in_range("http_port", options.port, 0, 65535);
  options.token_file = section.get("http_token_file", options.token_file);
  options.insecure = section.get("http_insecure", options.insecure);
  options.hosts = section.get("http_hosts", options.hosts);
  return options;
}

transport::CurveFiles curve_from(const config::Document& document) {
  const auto section = document.section("curve");
  transport::CurveFiles files;
  files.server_secret = section.get("server_secret", files.server_secret);
  files.allowed = section.get("allowed", files.allowed);
  files.server_public = section.get("server_public", files.server_public);
  files.client_secret = section.get("client_secret", files.client_secret);
  return files;
}

std::unique_ptr<telemetry::HttpServer> serve_http(const telemetry::HttpOptions& options,
                                                  std::vector<Hosted> services,
                                                  const telemetry::Metrics* more) {
  auto with_threads = options;
  for (const auto& hosted : services)
    with_threads.threads = std::max(with_threads.threads, hosted.http_threads);
  auto server = std::make_unique<telemetry::HttpServer>(with_threads);
  for (const auto& hosted : services)
    if (hosted.serve_on) hosted.serve_on(*server);
  std::vector<const telemetry::Metrics*> metrics;
  for (const auto& hosted : services) metrics.push_back(&hosted.metrics);
  if (more != nullptr) metrics.push_back(more);
  server->set_metrics([metrics] { return telemetry::metrics_text(metrics); });
  server->set_readiness([services = std::move(services)] {
    std::vector<std::string> all;
    for (const auto& hosted : services)
      for (const auto& reason : hosted.not_ready()) all.push_back(hosted.service.name() + ": " + reason);
    return all;
  });
  return server;
}

runtime::WatchdogOptions watchdog_from(const config::Section& section) {
  runtime::WatchdogOptions options;
  options.give_up_after_s = section.get_in_range("watchdog_exit_s", options.give_up_after_s, 0.0, 86'400.0);
  return options;
}

namespace {

bool only_silent_ones_left(const std::vector<Hosted>& services) {
  for (const auto& hosted : services)
    for (const auto& stage : hosted.service.health())
      if (stage.state == runtime::StageState::running && !stage.silent) return false;
  return true;
}

}  // namespace

std::unique_ptr<runtime::Watchdog> watch(const runtime::WatchdogOptions& options,
                                         const std::vector<Hosted>& services) {
  std::vector<runtime::Watchdog::Watched> watched;
  for (const auto& hosted : services) watched.push_back({&hosted.service, hosted.alarms});
  return std::make_unique<runtime::Watchdog>(
      std::move(watched), options, [services](const runtime::Silence& silence) {
        for (const auto& hosted : services) hosted.service.request_stop();
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
        while (!only_silent_ones_left(services) && std::chrono::steady_clock::now() < deadline)
          std::this_thread::sleep_for(std::chrono::milliseconds(20));
        telemetry::Logger(silence.service)
            .error("given up: " + silence.sentence() + "; the process ends", {{"stage", silence.stage}});
        // A thread that does not answer cannot be joined, so nothing can be taken down in order.
        std::_Exit(1);
      });
}

void init_log(const config::Document& document, const std::string& name) {
  const auto section = document.section("log");
  telemetry::LogOptions options;
  options.service = name;
  options.level = *telemetry::log_level_from_name(
      section.get_choice("level", "info", {"debug", "info", "warning", "error"}));
  options.format = *telemetry::log_format_from_name(section.get_choice("format", "text", {"text", "json"}));
  telemetry::init_logging(options);
}

namespace {

/// Every connection takes a descriptor, and the usual 1024 of them are few against somebody who wants them.
void take_all_descriptors() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

int run(const std::string& name, const config::Document& document, const Read& read) {
  runtime::let_limits_fail_writes();
  runtime::SignalWait signals;
  take_all_descriptors();
  init_log(document, name);
  const auto section = document.section(name);
  const auto http_options = http_from(section);
  const auto curve = curve_from(document);
  const auto watchdog_options = watchdog_from(section);
  const Make make = read(section);
  for (const char* other : {"ingest", "classifier", "reconstructor", "ddip", "dashboard", "live"})
    document.allow_section(other);
  section.finish();
  document.check_all_used();

  RefusalLog refusals(name);
  transport::Context context(curve, [&](const transport::Refusal& refusal) { refusals.note(refusal); });
  const auto [owner, hosted] = make(context);
  const auto http = serve_http(http_options, {hosted}, &refusals.metrics());
  const auto watchdog = watch(watchdog_options, {hosted});
  telemetry::log_info("started", {{"http", http->url()}});
  const auto outcome = runtime::run_until({&hosted.service}, signals);
  if (!outcome.failure) return 0;
  telemetry::log_error("a stage failed", {{"stage", outcome.failure->stage}});
  return report_exception("ptero-" + name, outcome.failure->exception);
}

}  // namespace

int run_service(int argc, char** argv, const std::string& name, int default_http_port, const Read& read) {
  CLI::App app("ptero-" + name + ": one service of ptero as a process of its own");
  std::string file;
  std::vector<std::string> overrides;
  app.add_option("-c,--config", file, "TOML configuration; the section [" + name + "] is this service's");
  app.add_option("--set", overrides, "section.key=value, over what the file says")->take_all();
  app.set_version_flag("--version", "ptero " + std::string(version()));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  try {
    auto document = file.empty() ? config::Document::empty() : config::Document::load(file);
    for (const auto& text : overrides) document.override_key(text);
    if (!document.section(name).has("http_port"))
      document.override_key(name + ".http_port=" + std::to_string(default_http_port));
    return run(name, document, read);
  } catch (...) {
    return report_exception("ptero-" + name, std::current_exception());
  }
}

}  // namespace ptero::host
