#include <iostream>

#include <ptero/services/reconstructor/reconstructor.hpp>

#include "ptero/commands.hpp"

namespace ptero::tools {

namespace {

std::vector<settings::Section> sections() {
  return {{"reconstructor",
           "How a series is reconstructed, by `ptero batch`, `ptero live` and `ptero-reconstructor`.",
           reconstructor::ReconstructorOptions::declared().described()}};
}

constexpr const char* introduction =
    "# Options\n"
    "\n"
    "Every key that is declared for the configuration file, with its switch where `ptero batch` and `ptero "
    "live` "
    "have one; `--set section.key=value` reaches all of them. Made by `ptero options --markdown`. A "
    "boolean's "
    "switch is the one that changes its default. What is in force stands in `report.json` under `options`.\n";

}  // namespace

int run_options(const OptionsArguments& arguments) {
  if (arguments.markdown) {
    std::cout << introduction << settings::markdown(sections());
    return 0;
  }
  // A configuration file in which everything has its default.
  for (const auto& section : sections()) {
    std::cout << "[" << section.name << "]\n";
    for (const auto& option : section.options) {
      const auto range = settings::range_of(option);
      std::cout << option.key << " = " << settings::toml_of(option.standard) << "  # " << option.about.help
                << (option.about.unit.empty() ? "" : ", " + option.about.unit)
                << (range.empty() ? "" : "; " + range) << "\n";
    }
    std::cout << "\n";
  }
  return 0;
}

}  // namespace ptero::tools
