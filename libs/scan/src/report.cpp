#include <ptero/scan/report.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

#include <ptero/core/error.hpp>
#include <ptero/core/version.hpp>

#include "warnings_json.hpp"

namespace ptero::scan {

namespace {

std::string text_of(const nlohmann::json& json, int indent) {
  return json.dump(indent, ' ', false, nlohmann::json::error_handler_t::replace);
}

void write(const std::filesystem::path& path, const std::string& text) {
  errno = 0;
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  if (!file) throw Error("cannot write " + path.string(), errno != 0 ? std::strerror(errno) : "");
}

}  // namespace

std::string write_report(const std::filesystem::path& folder, const Report& report) {
  nlohmann::json all;
  all["warnings"] = json_of(report.warnings);
  for (const auto& text : report.parts) {
    auto part = nlohmann::json::parse(text);
    // Each part has its own: a list would be replaced.
    for (auto& warning : part.value("warnings", nlohmann::json::array()))
      if (std::find(all["warnings"].begin(), all["warnings"].end(), warning) == all["warnings"].end())
        all["warnings"].push_back(std::move(warning));
    part.erase("warnings");
    all.update(part, true);
  }
  all["series_uid"] = report.series_uid;
  all["seconds"]["total"] = report.seconds;
  all["options"]["source"] = report.source;
  all["versions"] = {{"ptero", version()}, {"compiler", __VERSION__}};
  write(folder / "report.json", text_of(all, 2) + "\n");
  return text_of(all, -1);
}

}  // namespace ptero::scan
