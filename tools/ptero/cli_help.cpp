#include "ptero/cli_help.hpp"

namespace ptero::tools {

const char* const examples =
    "Try it:      ptero live --source sim:nanosheets --rate 25 --defocus 355e-6 --dashboard\n"
    "A detector:  ptero live --source simplon2:tcp://HOST:31001 --positions raster:ROWSxCOLS --step M "
    "--out DIR\n"
    "A file:      ptero batch FILE --out DIR";

std::string what_was_wrong(const CLI::App* app, const CLI::Error& error) {
  std::string command = "ptero", what = error.what();
  for (; !app->get_subcommands().empty(); command += " " + app->get_name())
    app = app->get_subcommands().front();
  const auto unknown = app->remaining();
  if (error.get_name() == "RequiredError" && app->get_require_subcommand_min() > 0)
    what = unknown.empty() ? "a command is missing" : "there is no command '" + unknown.front() + "'";
  return command + ": " + what + "; " + command + " --help lists what there is\n";
}

}  // namespace ptero::tools
