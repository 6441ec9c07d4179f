#include "studies/lin2023/command.hpp"

#include <iostream>

#include "studies/lin2023/lin2023.hpp"
#include "terminal/progress_line.hpp"

namespace ptero::tools {

int run_lin2023(const StudyArguments& arguments) {
  make_results_folder(arguments.out);
  const Lin2023Options options{
      .out = arguments.out, .quick = arguments.quick, .seed = arguments.seed, .format = arguments.format};
  FigureNumbers numbers;
  {
    ProgressLine progress;
    numbers = make_lin2023(options, [&](const std::string& doing) { progress.show(doing); });
  }
  write_result(options.out / "numbers.json", numbers.json());
  std::cout << numbers.text() << "\n  results  " << arguments.out << "\n";
  return 0;
}

}  // namespace ptero::tools
