#include "studies/steering/command.hpp"

#include <iostream>

#include "studies/steering/steering.hpp"
#include "terminal/progress_line.hpp"

namespace ptero::tools {

int run_steering_figures(const StudyArguments& arguments) {
  make_results_folder(arguments.out);
  const SteeringFiguresOptions options{
      .out = arguments.out, .quick = arguments.quick, .seed = arguments.seed, .format = arguments.format};
  std::vector<SteeringCaseResult> results;
  {
    ProgressLine progress;
    results = make_steering_figures(options, [&](const std::string& doing) { progress.show(doing); });
  }
  write_result(options.out / "steering.md", steering_table(results));
  write_result(options.out / "numbers.json", steering_json(results));
  std::cout << steering_table(results) << "\n  results  " << arguments.out << "\n";
  return 0;
}

}  // namespace ptero::tools
