#include <fmt/format.h>

#include <atomic>
#include <functional>
#include <iostream>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>
#include <thread>

#include <ptero/core/error.hpp>
#include <ptero/core/units.hpp>
#include <ptero/runtime/signal_wait.hpp>
#include <ptero/scan/summary.hpp>
#include <ptero/scanfile/position_file.hpp>
#include <ptero/scanfile/series_reader.hpp>
#include <ptero/services/host/host.hpp>
#include <ptero/services/live/live.hpp>

#include "ptero/commands.hpp"
#include "ptero/outcome.hpp"
#include "ptero/scan_options.hpp"
#include "terminal/progress_line.hpp"

namespace ptero::tools {

namespace {

std::string progress_text(const live::Progress& p, const live::LiveOptions& options) {
  if (p.ledger.empty()) return "waiting for a series from " + options.source + " (Ctrl-C ends)";
  const auto count = [&](const char* state) {
    const auto found = p.ledger.find(state);
    return found == p.ledger.end() ? std::uint64_t{0} : found->second;
  };
  const auto total = std::accumulate(p.ledger.begin(), p.ledger.end(), std::uint64_t{0},
                                     [](std::uint64_t sum, const auto& item) { return sum + item.second; });
  const auto due = count("expected") + count("missing") + count("not_taken");
  // A scan that follows advice ends when the advice says so, not at the last point of its grid.
  std::string text =
      options.steered ? fmt::format("{} exposures (the whole grid: {})", total - due, total)
                      : fmt::format("{} {}/{} frames", bar(total ? double(total - due) / double(total) : 0),
                                    total - due, total);
  text += fmt::format(" | selected {} (revision {})", p.selected, p.revision);
  if (p.labelled > 0) text += fmt::format(", label p99 {:.1f} ms", p.latency_p99_ms);
  if (p.frames_used > 0) text += fmt::format(" | {} in the image", p.frames_used);
  // Before the first iteration there is no error.
  if (p.frames_used > 0 && p.iteration > 0)
    text += fmt::format(", iteration {}, error {:.3f} %, age {:.1f} s", p.iteration, 100 * p.amplitude_error,
                        p.age_ms / 1000);
  return text;
}

/// Positions apart from the frames; anything else may be a dataset, and is not this function's.
ingest::PositionSource named_apart(const std::string& text) {
  for (const char* kind : {"panda-zmq:", "panda-tcp:", "maxiv-zmq:", "file:"})
    if (text.starts_with(kind)) return ingest::PositionSource::parse(text);
  if (scanfile::parse_position_file(text)) return ingest::PositionSource::parse("file:" + text);
  return {};
}

/// The reading options of the command line, for frames that come from a detector.
void look_through(const scanfile::ReadOptions& read, ingest::FrameOptions& frames) {
  if (read.transpose) frames.transpose = true;
  if (read.centre) frames.centre = read.centre;
  if (read.crop > 0) frames.crop = read.crop;
  if (read.bin > 1) frames.bin = read.bin;
  if (!read.mask.empty()) frames.mask = read.mask;
  if (read.distance_m) frames.distance_m = *read.distance_m;
  // The energy of photons of the same wavelength.
  if (read.energy_ev)
    frames.energy_ev = read.electrons ? hc_ev_m / electron_wavelength_m(*read.energy_ev) : *read.energy_ev;
  if (read.wavelength_m) frames.energy_ev = hc_ev_m / *read.wavelength_m;
  if (read.detector_pixel_m) frames.detector_pixel_m = *read.detector_pixel_m;
}

/// A recording that was seen turned is replayed so: what the configuration turns is turned already.
void turn_once(const std::string& file, const scanfile::ReadOptions& read, ingest::FrameOptions& frames) {
  const bool turns = frames.rotate_deg != 0 || frames.transpose || frames.flip_rows || frames.flip_cols;
  if (!turns || !scanfile::SeriesReader(file, read).turned()) return;
  frames.rotate_deg = 0;
  frames.transpose = frames.flip_rows = frames.flip_cols = false;
  std::cerr << "ptero live: the frames of " << file
            << " were turned when they were recorded and are not turned again\n";
}

live::LiveOptions merge(const LiveArguments& arguments, const config::Document& document) {
  auto options = live::LiveOptions::from(document);
  if (arguments.source) options.source = *arguments.source;
  if (arguments.out) options.out = *arguments.out;
  if (arguments.rate_hz) options.send.rate_hz = *arguments.rate_hz;
  if (arguments.overwrite) options.ingest.overwrite = true;
  if (arguments.keep_running) options.keep_running = true;
  if (arguments.dashboard_port) options.with_dashboard = true;
  if (arguments.exit_at_end) options.stay = false;
  options.simulation = arguments.simulation;
  if (arguments.steering) {
    auto& mode = options.classifier.steering.mode;
    mode = *arguments.steering == "off"       ? steering::Mode::off
           : *arguments.steering == "propose" ? steering::Mode::propose
                                              : steering::Mode::automatic;
    options.steered.reset();
    if (mode != steering::Mode::off && options.source.starts_with("sim:")) options.steered.emplace();
  }
  if (options.steered) options.steered = arguments.follow;
  options.read = arguments.scan.read;
  if (options.reconstructor.solver.probe_model == "electron") options.read.electrons = true;
  const bool replay = options.source.starts_with("replay:");
  const std::string file = replay ? options.source.substr(7) : "";
  if (arguments.positions) {
    const std::string& p = *arguments.positions;
    constexpr std::string_view plan = "plan:";
    // A recording and a file of positions meet in the reader, as in batch.
    if (ingest::PositionSource apart = named_apart(p);
        apart.apart() && !(replay && apart.kind == ingest::PositionSource::Kind::file)) {
      options.ingest.positions = apart.kind == ingest::PositionSource::Kind::file ? "file:" + apart.where : p;
      if (replay) options.read.positions = "none";
    } else if (replay)
      options.read.positions = p.starts_with(plan) ? p.substr(plan.size()) : p;
    else
      options.ingest.positions =
          p.starts_with("raster:") || p.starts_with("snake:") ? std::string(plan) + p : p;
  }
  if (!replay) {
    options.ingest.step_x_m = options.read.step_x_m.value_or(options.ingest.step_x_m);
    options.ingest.step_y_m = options.read.step_y_m.value_or(options.ingest.step_y_m);
    look_through(options.read, options.ingest.frames);
  }
  if (replay) turn_once(file, options.read, options.ingest.frames);
  // A recording with fewer positions than frames is data in flight here: the rest is counted as unpositioned.
  options.read.count_policy = scanfile::CountPolicy::truncate;
  apply(arguments.scan, file, options.classifier.method, options.reconstructor.solver);
  return options;
}

/// Frames of a detector are taken whatever their shape turns out to be. Says on the error stream what could
/// not be done with them as the options ask.
bool looked_through_as_asked(const std::string& report) {
  const auto json = nlohmann::json::parse(report);
  bool as_asked = true;
  for (const auto& alarm : json.value("/alarms/ingest"_json_pointer, nlohmann::json::array())) {
    if (alarm["id"] != "crop") continue;
    std::cerr << "ptero live: " << alarm["sentence"].get<std::string>() << "\n";
    as_asked = false;
  }
  return as_asked;
}

/// Runs it behind a line of progress, and shows the report as soon as there is one. Returns it.
std::string run_and_show(live::Live& live, const LiveArguments& arguments, const live::LiveOptions& options,
                         const std::function<int()>& interrupted) {
  auto line = std::make_optional<ProgressLine>();
  bool shown = false;
  const auto show = [&](const std::string& report) {
    line.reset();
    if (arguments.json)
      std::cout << report << std::endl;
    else
      std::cout << scan::summary(report) << "  results          " << options.out << std::endl;
    shown = true;
  };
  const auto report =
      live.run([&](const live::Progress& p) { line->show(progress_text(p, options)); }, interrupted,
               [&](const std::string& last) {
                 show(last);
                 std::cerr << "ptero live: the scan is over; its page stays at " << live.url()
                           << "/ until Ctrl-C (--exit-at-end: it does not)\n";
               });
  if (!shown && !report.empty()) show(report);
  return report;
}

}  // namespace

int run_live(const LiveArguments& arguments) {
  runtime::SignalWait signals;
  auto document = configuration(arguments.scan);
  if (!document.section("log").has("level")) document.override_key("log.level=warning");
  host::init_log(document, "live");
  for (const char* service : {"ingest", "classifier", "reconstructor", "dashboard"}) {
    // They serve HTTP on a port of their own only as processes of their own.
    for (const char* key : {"http_address", "http_port", "http_token_file", "http_insecure", "http_hosts"})
      document.section(service).has(key);
  }
  // Its services meet over inproc://, where nobody else is.
  document.allow_section("curve");
  const auto options = merge(arguments, document);
  if (arguments.dashboard_port)
    document.override_key("live.http_port=" + std::to_string(*arguments.dashboard_port));
  const auto http = host::http_from(document.section("live"));
  document.check_all_used();
  live::Live live(options, http);

  std::atomic<int> interrupts = 0;
  std::jthread listener([&](std::stop_token stop) {
    while (signals.wait(stop)) ++interrupts;
  });
  std::cerr << "ptero live: " << options.source << " -> " << options.out
            << (options.with_dashboard ? ", dashboard at " : ", metrics at ") << live.url()
            << (options.with_dashboard ? "/\n" : "/metrics\n");
  if (const auto why = live.no_page(); !why.empty())
    std::cerr << "ptero live: " << why << "; until then there is " << live.url() << "/api/state\n";
  const auto report = run_and_show(live, arguments, options, [&] { return interrupts.load(); });
  if (report.empty()) {
    std::cerr << "ptero live: stopped before a series ended; there are no results\n";
    return 1;
  }
  if (!looked_through_as_asked(report)) return 2;
  // Of many series the last says nothing of the others; each has its report, and an alarm where it failed.
  return options.keep_running ? 0 : exit_code(report);
}

}  // namespace ptero::tools
