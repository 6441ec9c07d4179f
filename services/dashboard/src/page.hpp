#pragma once

#include <filesystem>
#include <map>
#include <string>

#include <ptero/telemetry/http_server.hpp>

namespace ptero::dashboard {

/// The page's files, read whole at the start: path ("/", "/assets/x.js") -> answer. So nothing of the disk
/// can be asked for later. Empty when the folder has no index.html.
std::map<std::string, telemetry::HttpResponse> read_page(const std::filesystem::path& folder);

/// `given`, else where a build or an installation puts the page: `dashboard` beside the program, or
/// ../share/ptero/dashboard. Throws InputError when `given` holds no page; empty when there is none
/// elsewhere.
std::filesystem::path find_page(const std::string& given);

}  // namespace ptero::dashboard
