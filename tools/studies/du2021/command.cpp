#include "studies/du2021/command.hpp"

#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>

#include "studies/du2021/du2021.hpp"
#include "studies/study_command.hpp"
#include "terminal/progress_line.hpp"

namespace ptero::tools {

namespace {

int make(Du2021Options options) {
  make_results_folder(options.out);
  Du2021Report report;
  {
    ProgressLine progress;
    report = make_du2021(options, [&](const std::string& doing) { progress.show(doing); });
  }
  write_result(options.out / "du2021.md", "# [Du21] on simulated samples\n" + report.tables);
  write_result(options.out / "numbers.json", report.numbers.json());
  std::cout << report.tables << "\n  results  " << options.out.string() << "\n";
  return 0;
}

}  // namespace

int run_du2021_command(int argc, char** argv) {
  CLI::App app("ptero", "ptero");
  app.require_subcommand(1);
  auto& figures =
      *app.add_subcommand("figures", "the figures of the paper of the separation, on simulated samples");
  Du2021Options options;
  std::string out = "ptero-figures";
  figures.add_option("--out", out, "folder of the results")->capture_default_str()->type_name("DIR");
  figures.add_flag("--quick", options.quick, "small and short, in seconds: shows that it runs");
  figures.add_option("--figures", options.figures, "which are made, of 3, 4 (with 5) and 6")
      ->delimiter(',')
      ->check(CLI::Range(3, 6));
  figures.add_option("--runs", options.runs, "of each gamma in figure 6; default 20, with --quick 3")
      ->check(CLI::Range(2, 1000));
  figures.add_option("--seed", options.seed, "of samples, photons and networks")->capture_default_str();
  figures.add_option("--threads", options.threads, "of reconstruction and separation")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& problem) {
    return app.exit(problem) == 0 ? 0 : 2;
  }
  if (options.quick && figures.count("--runs") == 0) options.runs = 3;
  options.out = out;
  return make(options);
}

}  // namespace ptero::tools
