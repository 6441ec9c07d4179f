#include "http_guard.hpp"

#include <civetweb.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <ptero/telemetry/log.hpp>

#include "http_text.hpp"

namespace ptero::telemetry::detail {

namespace {

constexpr std::int64_t a_line_every_ns = 10'000'000'000;
/// For who opens it in a browser: what is missing, and a field to give it in.
constexpr std::string_view form = R"(<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>ptero: token needed</title>
<style>body{background:#0b0f16;color:#dbe3ef;font:16px/1.5 system-ui,sans-serif;max-width:34em;margin:12vh auto;padding:0 1em}
input,button{font:inherit;padding:.4em .8em;border-radius:4px;border:1px solid #5b6a85;background:#1a2231;color:inherit}
input{width:20em;max-width:100%}code{color:#f0b429}</style>
<main><h1>ptero</h1><p>@</p>
<form method="get"><label>Token <input name="token" type="password" autocomplete="current-password" required autofocus></label> <button>Open</button></form>
<p>It stands in the file that <code>http_token_file</code> names in ptero's configuration; whoever started ptero can read it there.
This browser keeps it for as long as it runs, and the address does not show it.</p></main></html>
)";

void send(mg_connection* connection, const std::string& answer) {
  mg_write(connection, answer.data(), answer.size());
}

bool wants_a_page(const HttpRequest& request) {
  const auto accept = request.headers.find("accept");
  return accept != request.headers.end() && accept->second.find("text/html") != std::string::npos;
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

namespace {
std::vector<std::string> refusal_names() {
  auto names = names_of(refusals);
  for (const char* by_the_door : {"slow", "too_many"}) names.emplace_back(by_the_door);
  return names;
}
}  // namespace

HttpGuard::HttpGuard(const HttpOptions& options)
    : token_(options.token_file.empty() ? "" : read_token(options.token_file)),
      metrics_(options.section),
      hosts_(options.hosts),
      refused_(metrics_.counters("ptero_http_refused_total", {refusal_names()})) {}

void HttpGuard::count(HttpDoor::Turned why) {
  refused_.add(why == HttpDoor::Turned::slow ? "slow" : "too_many");
}

bool HttpGuard::lets_in(mg_connection* connection, const HttpRequest& request) {
  if (request.remote.empty()) {
    send(connection, plain_answer("403 Forbidden", "this port is for ptero itself\n"));
    return false;
  }
  Access access = access_of(request, token_, hosts_);
  if (access == Access::granted) return true;
  const auto shown = request.method == "GET" ? take_from_query(request.query, "token") : std::nullopt;
  if (shown && access != Access::other_site && access != Access::other_name) {
    HttpRequest with_token = request;
    with_token.headers["authorization"] = "Bearer " + shown->value;
    access = access_of(with_token, token_, hosts_);
    if (access == Access::granted) {
      send_on(connection, request.path, shown->rest);
      return false;
    }
  }
  note(access, request);
  refuse(connection, access, request);
  return false;
}

void HttpGuard::refuse(mg_connection* connection, Access access, const HttpRequest& request) const {
  if (access == Access::other_site)
    return send(connection, plain_answer("403 Forbidden", "a page of another site may not ask for this\n"));
  if (access == Access::other_name)
    return send(
        connection,
        plain_answer("403 Forbidden",
                     "this is not asked by that name: another site may have lent it (ask by address, or name "
                     "it in http_hosts, or ask for a token with http_token_file)\n"));
  const bool wrong = access == Access::wrong_token;
  const std::string_view status = "401 Unauthorized", scheme = "WWW-Authenticate: Bearer\r\n";
  if (!wants_a_page(request))
    return send(connection,
                plain_answer(status,
                             wrong ? "the token is wrong\n"
                                   : "a token is needed: open this address with ?token=TOKEN, or send "
                                     "Authorization: Bearer TOKEN\n",
                             scheme));
  std::string page(form);
  page.replace(page.find('@'), 1,
               wrong ? "The token is wrong. Give the right one here, or open this address with ?token=TOKEN."
                     : "A token is needed: give it here, or open this address with ?token=TOKEN.");
  send(connection, answer(status, "text/html; charset=utf-8", page, scheme));
}

/// A browser cannot be told to send a header, but it can open a link. It is sent on without the token, which
/// then shows in no address line or history, and keeps it as a cookie that no script and no other site's
/// request gets. Where it is sent is said as seen from here: a proxy may have put a path before it.
void HttpGuard::send_on(mg_connection* connection, const std::string& path, const std::string& query) const {
  const bool plain = is_plain(path);
  const std::string here = plain ? path.substr(path.rfind('/') + 1) : "";
  const std::string to = !plain ? "/" : "./" + here + (query.empty() ? "" : "?" + query);
  // Of the page's own folder, which a browser finds out itself: other instances may lie beside it.
  const std::string everywhere = path == "/" ? "" : " Path=/;";
  send(connection, plain_answer("303 See Other", "",
                                "Location: " + to + "\r\nSet-Cookie: " + std::string(token_cookie) + "=" +
                                    token_ + ";" + everywhere + " HttpOnly; SameSite=Lax\r\n"));
}

void HttpGuard::note(Access access, const HttpRequest& request) {
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
                                       {"from", request.remote},
                                       {"path", request.path.substr(0, 100)},
                                       {"refused_since_last_line", count}});
}

}  // namespace ptero::telemetry::detail
