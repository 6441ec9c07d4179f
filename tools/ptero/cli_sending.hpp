#pragma once
// The options of commands that send a series as a detector does: `simulate` and `replay`.

#include <CLI/CLI.hpp>

#include "ptero/arguments.hpp"

namespace ptero::tools {

/// Protocol, socket, rate, codec, faults and keys. `arguments` must outlive the parse.
template <class Arguments>
void add_sending_options(CLI::App& app, Arguments& arguments);

extern template void add_sending_options(CLI::App&, SimulateArguments&);
extern template void add_sending_options(CLI::App&, ReplayArguments&);

}  // namespace ptero::tools
