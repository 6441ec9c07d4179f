#pragma once
// The commands of `ptero`. Each returns the exit code; what is wrong with the input is thrown as InputError.

#include "ptero/arguments.hpp"

namespace ptero::tools {

int run_live(const LiveArguments& arguments);
int run_batch(const BatchArguments& arguments);
int run_simulate(const SimulateArguments& arguments);
int run_replay(const ReplayArguments& arguments);
int run_compare(const CompareArguments& arguments);
int run_inspect(const InspectArguments& arguments);
int run_ledger(const InspectArguments& arguments);
int run_rebuild(const RebuildArguments& arguments);
int run_export(const ExportArguments& arguments);
int run_options(const OptionsArguments& arguments);
int run_keygen(const KeygenArguments& arguments);

/// Becomes ptero-ddip, which alone links LibTorch, with these arguments behind `command`; returns never.
/// Throws InputError where it was not built.
int run_ddip(const std::string& command, const std::vector<std::string>& arguments);

/// Parses the command line and runs the command.
int run_command_line(int argc, char** argv);

}  // namespace ptero::tools
