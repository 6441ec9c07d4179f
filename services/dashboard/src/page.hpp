#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <ptero/telemetry/http_server.hpp>

namespace ptero::dashboard {

/// A file of the page, as it is and compressed.
struct PageFile {
  telemetry::HttpResponse plain;
  std::string gzip;  ///< empty: it gains nothing
  std::string etag;

  /// With what the browser takes and has already.
  telemetry::HttpResponse answer(const telemetry::HttpRequest& request) const;
};

/// The page's files, read whole at the start: path ("/", "/assets/x.js") -> file. So nothing of the disk can
/// be asked for later. Empty when the folder has no index.html.
std::map<std::string, PageFile> read_page(const std::filesystem::path& folder);

struct PageFolder {
  std::filesystem::path folder;  ///< empty: there is no page
  std::vector<std::filesystem::path> looked_in;
};

/// `given`, else where a build or an installation puts the page: `dashboard` beside the program,
/// ../share/ptero/dashboard, or where an installation of this build would put it, which a program finds that
/// was copied elsewhere. Throws InputError when `given` holds no page.
PageFolder find_page(const std::string& given);

/// A sentence without its full stop: where there is no page, and how to get one.
std::string no_page_in(const std::vector<std::filesystem::path>& looked_in);

}  // namespace ptero::dashboard
