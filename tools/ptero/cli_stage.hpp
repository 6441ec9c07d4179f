#pragma once
// What a simulated stage does, on the command line.

#include <CLI/CLI.hpp>

#include "ptero/arguments.hpp"

namespace ptero::tools {

/// Of a stage that tells its positions apart from the frames.
void add_stage_options(CLI::App& app, detector::StageOptions& stage);
/// Of one that goes where advice says.
void add_follow_options(CLI::App& app, detector::SteeredOptions& follow);
void add_steering_options(CLI::App& app, LiveArguments& live);

}  // namespace ptero::tools
