#include "studies/study_command.hpp"

#include <fstream>

#include <ptero/core/error.hpp>

namespace ptero::tools {

void make_results_folder(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) throw InputError("cannot make the folder " + path.string(), error.message());
}

void write_result(const std::filesystem::path& path, const std::string& text) {
  std::ofstream file(path);
  file << text;
  if (!file.flush()) throw InputError("cannot write " + path.string(), "", "name another folder with --out");
}

}  // namespace ptero::tools
