#include <algorithm>
#include <ptero/core/error.hpp>
#include <ptero/core/guarded_file.hpp>
#include <ptero/telemetry/http_access.hpp>

namespace ptero::telemetry {

namespace {

constexpr std::size_t shortest = 16;
constexpr std::size_t longest = 256;

/// Always looks at the whole token.
bool same(std::string_view shown, std::string_view token) {
  unsigned difference = shown.size() == token.size() ? 0 : 1;
  for (std::size_t i = 0; i < token.size(); ++i) {
    const char c = shown.empty() ? '\0' : shown[i % shown.size()];
    difference |= static_cast<unsigned char>(c ^ token[i]);
  }
  return difference == 0;
}

std::string_view header(const HttpRequest& request, const char* name) {
  const auto found = request.headers.find(name);
  return found == request.headers.end() ? std::string_view() : std::string_view(found->second);
}

std::string_view without_blanks(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

/// What stands behind NAME= in a list with separators.
template <class F>
void each_value(std::string_view list, char separator, std::string_view name, F&& use) {
  while (!list.empty()) {
    const auto end = std::min(list.find(separator), list.size());
    const auto item = without_blanks(list.substr(0, end));
    if (item.starts_with(name) && item.substr(name.size()).starts_with('='))
      use(item.substr(name.size() + 1));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
}

/// The cookie of that name may come twice: of this port and of another, for cookies know no ports.
Access shown_by(const HttpRequest& request, std::string_view token) {
  Access access = Access::no_token;
  const auto look = [&](std::string_view shown) {
    if (access != Access::granted) access = same(shown, token) ? Access::granted : Access::wrong_token;
  };
  each_value(header(request, "cookie"), ';', token_cookie, look);
  constexpr std::string_view scheme = "bearer ";
  const auto authorization = header(request, "authorization");
  const bool bearer = authorization.size() > scheme.size() &&
                      std::equal(scheme.begin(), scheme.end(), authorization.begin(), [](char a, char b) {
                        return a == (b >= 'A' && b <= 'Z' ? b - 'A' + 'a' : b);
                      });
  if (bearer) look(without_blanks(authorization.substr(scheme.size())));
  return access;
}

/// A name that somebody else's name server may answer for, and change the answer: a page that came from there
/// is then of the same site as whatever the name means now. Addresses and names without a dot are nobody
/// else's.
bool may_change_hands(std::string_view host, const std::vector<std::string>& ours) {
  if (host.starts_with('[')) return false;
  host = host.substr(0, host.find(':'));
  if (std::find(ours.begin(), ours.end(), host) != ours.end()) return false;
  return host.find('.') != host.npos && host.find_first_not_of("0123456789.") != host.npos;
}

/// A browser sends cookies, and reaches loopback, on behalf of any page; it says whose page it is.
bool asked_by_another_site(const HttpRequest& request) {
  const bool only_reads =
      (request.method == "GET" || request.method == "HEAD") && header(request, "upgrade").empty();
  const auto origin = header(request, "origin");
  if (only_reads || origin.empty()) return false;
  const auto at = origin.find("://");
  if (at == origin.npos) return true;
  const auto host = origin.substr(at + 3);
  // A proxy asks by a name of its own, and says by which one it was asked; no page can make a browser say so.
  return host != header(request, "host") && host != header(request, "x-forwarded-host");
}

}  // namespace

Access access_of(const HttpRequest& request, std::string_view token, const std::vector<std::string>& hosts) {
  if (request.path == "/healthz" || request.path == "/readyz") return Access::granted;
  if (token.empty() && may_change_hands(header(request, "host"), hosts)) return Access::other_name;
  if (asked_by_another_site(request)) return Access::other_site;
  return token.empty() ? Access::granted : shown_by(request, token);
}

std::string_view name_of(Access access) {
  switch (access) {
    case Access::no_token:
      return "no_token";
    case Access::wrong_token:
      return "wrong_token";
    case Access::other_site:
      return "other_site";
    case Access::other_name:
      return "other_name";
    case Access::granted:
      break;
  }
  return "granted";
}

std::optional<QueryPart> take_from_query(std::string_view query, std::string_view name) {
  std::optional<QueryPart> found;
  std::string rest;
  while (!query.empty()) {
    const auto end = std::min(query.find('&'), query.size());
    const auto item = query.substr(0, end);
    if (item.starts_with(name) && item.substr(name.size()).starts_with('='))
      found = QueryPart{std::string(item.substr(name.size() + 1)), {}};
    else
      rest += (rest.empty() ? "" : "&") + std::string(item);
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  if (found) found->rest = rest;
  return found;
}

std::string read_token(const std::string& path) {
  std::string token = read_guarded_file(path, Others::may_do_nothing);
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-._~").find(c) != std::string_view::npos;
  };
  if (token.size() < shortest || token.size() > longest || !std::all_of(token.begin(), token.end(), plain))
    throw InputError(
        "there is no token in " + path, "",
        "a token has 16 to 256 letters, digits, '-', '.', '_' or '~'; make one: ptero keygen DIR");
  return token;
}

}  // namespace ptero::telemetry
