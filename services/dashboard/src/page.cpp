#include "page.hpp"

#include <zlib.h>

#include <fstream>
#include <iterator>

#include <ptero/core/contract.hpp>
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

std::string gzipped(const std::string& text) {
  constexpr int gzip_window = 15 + 16;  // the largest window; 16: gzip's frame
  z_stream stream{};
  PTERO_ASSERT(deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, gzip_window, 8, Z_DEFAULT_STRATEGY) ==
               Z_OK);
  std::string out(deflateBound(&stream, text.size()) + 32, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  PTERO_ASSERT(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

unsigned long checksum(const std::string& text) {
  return crc32(0, reinterpret_cast<const Bytef*>(text.data()), static_cast<uInt>(text.size()));
}

bool has_page(const fs::path& folder) {
  std::error_code ignored;
  return fs::is_regular_file(folder / "index.html", ignored);
}

}  // namespace

telemetry::HttpResponse PageFile::answer(const telemetry::HttpRequest& request) const {
  const auto header = [&](const char* name) {
    const auto found = request.headers.find(name);
    return found == request.headers.end() ? std::string_view() : std::string_view(found->second);
  };
  telemetry::HttpResponse response = plain;
  if (header("if-none-match").find(etag) != std::string_view::npos) {
    response.status = 304;
    response.body.clear();
  } else if (!gzip.empty() && header("accept-encoding").find("gzip") != std::string_view::npos) {
    response.body = gzip;
    response.headers["Content-Encoding"] = "gzip";
  }
  return response;
}

std::map<std::string, PageFile> read_page(const fs::path& folder) {
  std::map<std::string, PageFile> files;
  if (folder.empty() || !has_page(folder)) return files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    const std::string path = "/" + fs::relative(entry.path(), folder).generic_string();
    std::ifstream in(entry.path(), std::ios::binary);
    PageFile file{.plain = {.content_type = content_type(entry.path())}, .gzip = {}, .etag = {}};
    auto& body = file.plain.body;
    body.assign(std::istreambuf_iterator<char>(in), {});
    if (!in) throw Error("cannot read " + entry.path().string());
    file.gzip = gzipped(body);
    if (file.gzip.size() > body.size() * 9 / 10) file.gzip.clear();
    file.etag = '"' + std::to_string(body.size()) + "-" + std::to_string(checksum(body)) + '"';
    // What is below assets has its contents in its name; of the rest a browser asks whether it is still the
    // same.
    file.plain.headers = {
        {"ETag", file.etag},
        {"Vary", "Accept-Encoding"},
        {"Cache-Control",
         path.starts_with("/assets/") ? "private, max-age=31536000, immutable" : "private, no-cache"}};
    files[path] = std::move(file);
  }
  files["/"] = files.at("/index.html");
  return files;
}

PageFolder find_page(const std::string& given) {
  if (!given.empty()) {
    if (!has_page(given))
      throw InputError("there is no page in " + given, "it has no index.html",
                       "web in [dashboard] is the folder that `npm run build` wrote; leave it out to use the "
                       "page that was built with ptero");
    return {given, {given}};
  }
  std::error_code ignored;
  const fs::path program = fs::read_symlink("/proc/self/exe", ignored).parent_path();
  PageFolder found{.looked_in = {program / "dashboard", program.parent_path() / "share/ptero/dashboard"}};
  if (const fs::path installed = PTERO_INSTALLED_PAGE; installed != found.looked_in.back())
    found.looked_in.push_back(installed);
  for (const auto& folder : found.looked_in)
    if (found.folder.empty() && has_page(folder)) found.folder = folder;
  return found;
}

std::string no_page_in(const std::vector<fs::path>& looked_in) {
  std::string where;
  for (std::size_t i = 0; i < looked_in.size(); ++i)
    where += (i == 0 ? "" : i + 1 == looked_in.size() ? " or " : ", ") + looked_in[i].string();
  return "there is no page in " + where +
         " (a build makes it where npm is: tools/build ptero) name its folder with --set "
         "dashboard.web=FOLDER";
}

}  // namespace ptero::dashboard
