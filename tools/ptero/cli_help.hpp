#pragma once
// What the command line says of itself where it is not an option's help.

#include <CLI/CLI.hpp>

#include <string>

namespace ptero::tools {

/// Below the list of commands.
extern const char* const examples;

/// One line: what was wrong, and where to look it up.
std::string what_was_wrong(const CLI::App* app, const CLI::Error& error);

}  // namespace ptero::tools
