#include "page.hpp"

#include <fstream>
#include <iterator>

#include <ptero/core/error.hpp>

namespace ptero::dashboard {

namespace fs = std::filesystem;

namespace {

std::string content_type(const fs::path& path) {
  static const std::map<std::string, std::string> types = {{".html", "text/html; charset=utf-8"},
                                                           {".js", "text/javascript; charset=utf-8"},
                                                           {".css", "text/css; charset=utf-8"},
                                                           {".svg", "image/svg+xml"},
                                                           {".txt", "text/plain; charset=utf-8"},
                                                           {".json", "application/json"},
                                                           {".woff2", "font/woff2"},
                                                           {".png", "image/png"}};
  const auto found = types.find(path.extension().string());
  return found == types.end() ? "application/octet-stream" : found->second;
}

bool has_page(const fs::path& folder) {
  std::error_code ignored;
  return fs::is_regular_file(folder / "index.html", ignored);
}

}  // namespace

std::map<std::string, telemetry::HttpResponse> read_page(const fs::path& folder) {
  std::map<std::string, telemetry::HttpResponse> files;
  if (folder.empty() || !has_page(folder)) return files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream in(entry.path(), std::ios::binary);
    telemetry::HttpResponse file{.content_type = content_type(entry.path())};
    file.body.assign(std::istreambuf_iterator<char>(in), {});
    if (!in) throw Error("cannot read " + entry.path().string());
    files["/" + fs::relative(entry.path(), folder).generic_string()] = std::move(file);
  }
  files["/"] = files.at("/index.html");
  return files;
}

fs::path find_page(const std::string& given) {
  if (!given.empty()) {
    if (!has_page(given))
      throw InputError("there is no page in " + given, "it has no index.html",
                       "web in [dashboard] is the folder that `npm run build` wrote; leave it out to use the "
                       "page that was built with ptero");
    return given;
  }
  std::error_code ignored;
  const fs::path program = fs::read_symlink("/proc/self/exe", ignored).parent_path();
  for (const auto& folder : {program / "dashboard", program / "../share/ptero/dashboard"})
    if (has_page(folder)) return folder;
  return {};
}

}  // namespace ptero::dashboard
