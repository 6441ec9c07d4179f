#include "studies/roi_table/command.hpp"

#include <fmt/format.h>

#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <iostream>

#include <ptero/core/error.hpp>
#include <ptero/image/picture.hpp>

#include "studies/roi_table/roi_pictures.hpp"
#include "studies/roi_table/roi_table.hpp"
#include "terminal/progress_line.hpp"

namespace ptero::tools {

namespace {

std::string page(const RoiTable& table, const RoiCaseOptions& options) {
  const std::string scan = options.quick ? "20 x 28 frames of 96 x 96" : "36 x 51 frames of 128 x 128";
  return fmt::format(R"(# The region of interest, found by two methods

`paper` is the method of [Lin23], `robust` is ours. S: azimuthal segments. Simulated scans: {} in
steps of 0.3 x 0.4 um by a beam of 1 um, exposed on the fly. A frame belongs to the region when 2 % or more of the probe's
intensity, over its exposure, falls on material thicker than 20 nm; it is background when neither it nor any of its eight
neighbours has 0.2 % there. Frames between the two are at the rim and count in neither rate: there both answers are right,
and both methods average over 3 x 3 frames. Recall is over the region, false positives over the background, kept over all
frames. Where there is nothing to find the right answer is `no_contrast`, which counts as no false positives. A small
particle is found when half of its frames are selected; its rows count {} sample{} together, because one has some 65
frames of them. Ahead: by recall less false positives, equal within 0.005.

Made by `ptero figures roi-table`.

{})",
                     scan, options.quick ? 1 : particle_samples, options.quick ? "" : "s", table.markdown());
}

/// "empty field, no monitor" becomes "empty-field-no-monitor".
std::string file_name(const std::string& title) {
  std::string name;
  for (const char c : title) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0)
      name += c;
    else if (!name.empty() && name.back() != '-')
      name += '-';
  }
  while (!name.empty() && name.back() == '-') name.pop_back();
  return name;
}

}  // namespace

int run_roi_table(const StudyArguments& arguments) {
  RoiCaseOptions options;
  options.quick = arguments.quick;
  options.seed = arguments.seed;
  options.segments = arguments.quick ? std::vector{1, 8} : std::vector{1, 4, 8, 16, 40};
  const char* folder = std::getenv("PTERO_DATA");
  options.data_folder = arguments.data.value_or(folder ? folder : "");
  if (arguments.data && !std::filesystem::is_directory(*arguments.data))
    throw InputError("there is no folder " + *arguments.data, "",
                     "--data names the folder of recorded scans");
  make_results_folder(arguments.out);
  const std::filesystem::path out = arguments.out;
  RoiTable table;
  {
    ProgressLine progress;
    table = make_roi_table(
        options, [&](const std::string& name) { progress.show(name); },
        [&](const std::string& name, const RoiCase& roi_case) {
          image::write_picture((out / (file_name(name) + ".png")).replace_extension(arguments.format),
                               render_roi_case(name, roi_case));
        });
  }
  write_result(out / "roi_table.md", page(table, options));
  write_result(out / "numbers.json", table.json());
  std::cout << table.markdown() << "\n  results  " << arguments.out << "\n";
  return 0;
}

}  // namespace ptero::tools
