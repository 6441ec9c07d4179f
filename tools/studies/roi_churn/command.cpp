#include "studies/roi_churn/command.hpp"

#include <cstdlib>
#include <filesystem>
#include <iostream>

#include <ptero/core/error.hpp>

#include "studies/roi_churn/roi_churn.hpp"
#include "terminal/progress_line.hpp"

namespace ptero::tools {

int run_roi_churn(const StudyArguments& arguments) {
  ChurnOptions options{.quick = arguments.quick, .seed = arguments.seed};
  const char* folder = std::getenv("PTERO_DATA");
  options.data_folder = arguments.data.value_or(folder ? folder : "");
  if (arguments.data && !std::filesystem::is_directory(*arguments.data))
    throw InputError("there is no folder " + *arguments.data, "",
                     "--data names the folder of recorded scans");
  make_results_folder(arguments.out);
  const std::filesystem::path out = arguments.out;
  std::vector<ChurnRow> rows;
  {
    ProgressLine progress;
    rows = make_roi_churn(options, [&](const std::string& name) { progress.show(name); });
  }
  write_result(out / "roi_churn.md", churn_markdown(rows));
  write_result(out / "numbers.json", churn_json(rows));
  std::cout << churn_markdown(rows) << "\n  results  " << arguments.out << "\n";
  return 0;
}

}  // namespace ptero::tools
