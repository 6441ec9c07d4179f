#pragma once

#include <functional>
#include <string>

#include <nlohmann/json.hpp>

#include <ptero/services/live/live.hpp>

#include "support/labels.hpp"

namespace ptero::test {

/// A scan that takes a second: 24 x 30 nanosheet patterns of 64 x 64.
inline synth::SimulatorOptions small_scan() {
  synth::SimulatorOptions options;
  options.grid = {24, 30, 0.3e-6, 0.3e-6, ScanOrder::raster};
  options.pattern = 64;
  options.zone_plate.outer_zone_width_m = 70e-9;
  options.seed = 3;
  return options;
}

/// The same for the command line.
inline std::vector<std::string> small_scan_arguments() {
  return {"--scan",     "24x30", "--scan-step",        "0.3e-6", "--pattern", "64",
          "--sim-seed", "3",     "--outer-zone-width", "70e-9"};
}

inline live::LiveOptions live_options(const std::string& out) {
  live::LiveOptions options;
  options.out = out;
  options.simulation = small_scan();
  options.reconstructor.solver.epochs = 3;
  options.reconstructor.solver.defocus_m = 355e-6;
  return options;
}

/// Runs to the end of the series and returns the report.
inline nlohmann::json run_live(live::LiveOptions options,
                               const std::function<void(const live::Progress&, live::Live&)>& watch = {},
                               const telemetry::HttpOptions& http = {}) {
  live::Live live(std::move(options), http);
  return nlohmann::json::parse(live.run(
      [&](const live::Progress& p) {
        if (watch) watch(p, live);
      },
      [] { return 0; }));
}

inline std::uint64_t sum(const nlohmann::json& ledger) {
  std::uint64_t total = 0;
  for (const auto& [state, count] : ledger.items()) total += count.get<std::uint64_t>();
  return total;
}

}  // namespace ptero::test
