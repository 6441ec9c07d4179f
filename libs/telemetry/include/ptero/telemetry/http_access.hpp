#pragma once

#include <cstdint>
#include <optional>
#include <ptero/telemetry/http_server.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace ptero::telemetry {

enum class Access : std::uint8_t {
  granted,
  no_token,
  wrong_token,
  other_site,  ///< a page of another site makes the browser ask for a change or a WebSocket
  other_name,  ///< asked by a name that another site may have lent for a moment, where no token is asked for
};
inline constexpr Access refusals[] = {Access::no_token, Access::wrong_token, Access::other_site,
                                      Access::other_name};

/// Whether a request, an upgrade to a WebSocket included, may be answered. `token`: what has to be shown, as
/// "Authorization: Bearer TOKEN" or as the cookie that browsers send along by themselves; empty: nothing.
/// /healthz and /readyz are for everybody. `hosts`: names that are this host's for good. The time it takes
/// does not tell how much of a token is right.
Access access_of(const HttpRequest& request, std::string_view token,
                 const std::vector<std::string>& hosts = {});

/// "no_token", "wrong_token", "other_site", "other_name": as counted and logged.
std::string_view name_of(Access access);

/// The cookie that a browser gets for having shown the token once, with GET /path?token=TOKEN.
inline constexpr std::string_view token_cookie = "ptero_token";

/// `name` of a query as it stands, and the query without it.
struct QueryPart {
  std::string value;
  std::string rest;
};
std::optional<QueryPart> take_from_query(std::string_view query, std::string_view name);

/// Reads a token: 16 to 256 letters, digits, '-', '.', '_', '~', in a file that only its owner can read.
/// Throws InputError, which never tells the token.
std::string read_token(const std::string& path);

}  // namespace ptero::telemetry
