#include "api.hpp"

#include <charconv>

namespace ptero::dashboard {

using Json = nlohmann::json;
using telemetry::HttpRequest;
using telemetry::HttpResponse;

namespace {

HttpResponse json(const Json& body, int status = 200) {
  return {status, body.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n", "application/json"};
}

HttpResponse problem(int status, const std::string& why) {
  return json({{"ok", false}, {"why", why}}, status);
}

HttpResponse binary(std::string message) {
  if (message.empty()) return problem(404, "there is no such picture yet");
  return {200, std::move(message), "application/octet-stream"};
}

/// "segment=3" -> 3
std::optional<std::uint64_t> number_in(const std::string& query, std::string_view key) {
  const std::string start = std::string(key) + "=";
  std::size_t at = 0;
  while (at < query.size()) {
    const auto end = std::min(query.find('&', at), query.size());
    const std::string_view pair(query.data() + at, end - at);
    at = end + 1;
    if (!pair.starts_with(start)) continue;
    std::uint64_t value = 0;
    const char* last = pair.data() + pair.size();
    const auto [parsed, error] = std::from_chars(pair.data() + start.size(), last, value);
    if (error == std::errc() && parsed == last) return value;
  }
  return std::nullopt;
}

}  // namespace

void serve_api(telemetry::HttpServer& server, ApiTools tools, std::shared_ptr<void> owner) {
  const auto kept = std::make_shared<ApiTools>(std::move(tools));
  const auto get = [&](const std::string& path, auto answer) {
    server.add_handler(path,
                       [kept, owner, answer](const HttpRequest& request) { return answer(*kept, request); });
  };
  using Tools = const ApiTools&;
  using Request = const HttpRequest&;
  get("/api/state", [](Tools t, Request) { return json(t.store.state(t.now_ns())); });
  get("/api/history", [](Tools t, Request) { return json(t.store.history()); });
  get("/api/series", [](Tools t, Request) { return json(t.store.series()); });
  get("/api/audit", [](Tools t, Request) { return json(t.audit.recent()); });
  get("/api/advice", [](Tools t, Request) {
    auto advice = t.store.advice();
    if (advice.is_null()) return problem(404, "there was no advice yet");
    return json(std::move(advice));
  });
  get("/api/openapi.json", [](Tools, Request) {
    return HttpResponse{200, openapi_json, "application/json"};
  });
  for (const char* topic : {"map", "frame", "snapshot", "probe", "slices", "positions"})
    get(std::string("/api/") + topic, [topic](Tools t, Request) { return binary(t.store.picture(topic)); });
  get("/api/segment", [](Tools t, Request request) {
    const auto number = number_in(request.query, "segment");
    if (!number) return problem(400, "segment is missing; ask for /api/segment?segment=0");
    auto view = t.store.segment(*number);
    if (!view) return problem(404, "there is no such segment (yet)");
    return binary(std::move(view->message));
  });
  serve_controls(server, kept->store, kept->audit, kept->services, owner);
}

}  // namespace ptero::dashboard
