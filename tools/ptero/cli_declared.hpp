#pragma once

#include <CLI/CLI.hpp>

#include <ptero/settings/about.hpp>
#include <string>
#include <vector>

namespace ptero::tools {

/// A switch for each option of the section that has one. What is given is appended to `assignments` as
/// section.key=value, for config::Document::override_key; what cannot be is refused at once.
void add_declared(CLI::App& app, const settings::Section& section, const std::string& group,
                  std::vector<std::string>& assignments);

}  // namespace ptero::tools
