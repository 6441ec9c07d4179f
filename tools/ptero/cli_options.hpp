#pragma once
// The options that several commands share, and those of `batch` alone.

#include <CLI/CLI.hpp>
#include <cstdint>

#include "ptero/arguments.hpp"

namespace ptero::tools {

/// Whether --positions is one of the reading options: `live` has its own.
enum class ReadsPositions : std::uint8_t { no, yes };

void add_reading_options(CLI::App& app, scanfile::ReadOptions& read,
                         ReadsPositions positions = ReadsPositions::yes);
/// Region of interest and reconstruction.
void add_scan_options(CLI::App& app, ScanArguments& scan);
void add_simulation_options(CLI::App& app, synth::SimulatorOptions& simulation);
void add_batch_options(CLI::App& app, BatchArguments& batch);

}  // namespace ptero::tools
