#include "http_guard.hpp"

#include <civetweb.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <ptero/telemetry/log.hpp>

namespace ptero::telemetry::detail {

namespace {

constexpr std::int64_t a_line_every_ns = 10'000'000'000;
constexpr const char* plain_text = "Content-Type: text/plain; charset=utf-8\r\nCache-Control: no-store\r\n";

void refuse(mg_connection* connection, Access access) {
  if (access == Access::other_site) {
    constexpr std::string_view text = "a page of another site may not ask for this\n";
    mg_printf(connection, "HTTP/1.1 403 Forbidden\r\n%sContent-Length: %zu\r\nConnection: close\r\n\r\n%s",
              plain_text, text.size(), text.data());
    return;
  }
  const std::string_view text =
      access == Access::wrong_token
          ? "the token is wrong\n"
          : "a token is needed: open this address with ?token=TOKEN, or send Authorization: Bearer TOKEN\n";
  mg_printf(connection,
            "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer\r\n%sContent-Length: %zu\r\n"
            "Connection: close\r\n\r\n%s",
            plain_text, text.size(), text.data());
}

/// A path can be decoded into line ends, and two slashes in front name another host.
bool is_plain(const std::string& path) {
  return !path.starts_with("//") && std::all_of(path.begin(), path.end(), [](unsigned char c) {
    return std::isalnum(c) || std::string_view("/-._~").find(static_cast<char>(c)) != std::string_view::npos;
  });
}

std::int64_t now_ns() {
  return std::chrono::steady_clock::now().time_since_epoch().count();
}

}  // namespace

HttpGuard::HttpGuard(const HttpOptions& options)
    : token_(options.token_file.empty() ? "" : read_token(options.token_file)),
      metrics_(options.section),
      refused_(metrics_.counters("ptero_http_refused_total", {names_of(refusals)})) {}

bool HttpGuard::lets_in(mg_connection* connection, const HttpRequest& request) {
  Access access = access_of(request, token_);
  if (access == Access::granted) return true;
  const auto shown = request.method == "GET" ? take_from_query(request.query, "token") : std::nullopt;
  if (shown && access != Access::other_site) {
    HttpRequest with_token = request;
    with_token.headers["authorization"] = "Bearer " + shown->value;
    access = access_of(with_token, token_);
    if (access == Access::granted) {
      send_on(connection, request.path, shown->rest);
      return false;
    }
  }
  note(access, connection, request);
  refuse(connection, access);
  return false;
}

/// A browser cannot be told to send a header, but it can open a link. It is sent on without the token, which
/// then shows in no address line or history, and keeps it as a cookie that no script and no other site's
/// request gets.
void HttpGuard::send_on(mg_connection* connection, const std::string& path, const std::string& query) const {
  const std::string to = !is_plain(path) ? "/" : path + (query.empty() ? "" : "?" + query);
  mg_printf(connection,
            "HTTP/1.1 303 See Other\r\nLocation: %s\r\n"
            "Set-Cookie: %s=%s; Path=/; HttpOnly; SameSite=Lax\r\n"
            "Referrer-Policy: no-referrer\r\n%sContent-Length: 0\r\nConnection: close\r\n\r\n",
            to.c_str(), token_cookie.data(), token_.c_str(), plain_text);
}

void HttpGuard::note(Access access, const mg_connection* connection, const HttpRequest& request) {
  refused_.add(name_of(access));
  std::uint64_t count = 0;
  {
    const std::lock_guard lock(mutex_);
    ++since_last_line_;
    const std::int64_t now = now_ns();
    if (last_line_ns_ != 0 && now - last_line_ns_ < a_line_every_ns) return;
    last_line_ns_ = now;
    std::swap(count, since_last_line_);
  }
  log_warning("HTTP request refused", {{"why", name_of(access)},
                                       {"from", mg_get_request_info(connection)->remote_addr},
                                       {"path", request.path.substr(0, 100)},
                                       {"refused_since_last_line", count}});
}

}  // namespace ptero::telemetry::detail
