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

/// What is wrong with a body, or the control it asks for.
std::optional<std::string> read_region(const std::string& body, wire::Control& control) {
  const Json wish = Json::parse(body, nullptr, false);
  if (!wish.is_object())
    return "the body is no JSON object; it looks like {\"border\": 2, \"fill_in\": true}";
  for (const auto& [key, value] : wish.items()) {
    if (key == "border" && value.is_number_integer())
      control.border = value.get<std::int64_t>();
    else if (key == "fill_in" && value.is_boolean())
      control.fill_in = value.get<bool>();
    else
      return "\"" + key + "\" is " + value.dump() +
             "; border is a whole number of scan steps, fill_in is true or false, and there is nothing else";
  }
  if (!control.border && !control.fill_in) return "neither border nor fill_in is given";
  return std::nullopt;
}

HttpResponse change_region(const ApiTools& tools, const HttpRequest& request) {
  wire::Control control{.action = std::string(wire::action_region), .by = request.remote};
  if (const auto wrong = read_region(request.body, control)) return problem(400, *wrong);
  if (!tools.ask_classifier)
    return problem(409,
                   "the classifier cannot be asked; set classifier_control in [dashboard] to its control");
  const auto answer = tools.ask_classifier(control);
  Json wish = Json::object();
  if (control.border) wish["border"] = *control.border;
  if (control.fill_in) wish["fill_in"] = *control.fill_in;
  const bool kept = tools.audit.add({{"action", control.action},
                                     {"by", control.by},
                                     {"asked", wish},
                                     {"ok", answer.ok},
                                     {"why", answer.why}});
  if (answer.ok) tools.store.set_wanted(wish);
  return json({{"ok", answer.ok}, {"why", answer.why}, {"audited", kept}}, answer.ok ? 200 : 409);
}

}  // namespace

void serve_api(telemetry::HttpServer& server, ApiTools tools, std::shared_ptr<void> owner) {
  const auto kept = std::make_shared<ApiTools>(std::move(tools));
  const auto get = [&](const std::string& path, auto answer) {
    server.add_handler(path, [kept, owner, answer](const HttpRequest& request) {
      if (request.method != "GET" && request.method != "HEAD")
        return problem(405, "GET is what this answers");
      return answer(*kept, request);
    });
  };
  using Tools = const ApiTools&;
  using Request = const HttpRequest&;
  get("/api/state", [](Tools t, Request) { return json(t.store.state(t.now_ns())); });
  get("/api/history", [](Tools t, Request) { return json(t.store.history()); });
  get("/api/series", [](Tools t, Request) { return json(t.store.series()); });
  get("/api/audit", [](Tools t, Request) { return json(t.audit.recent()); });
  get("/api/openapi.json", [](Tools, Request) {
    return HttpResponse{200, openapi_json, "application/json"};
  });
  for (const char* topic : {"map", "frame", "snapshot", "probe", "slices"})
    get(std::string("/api/") + topic, [topic](Tools t, Request) { return binary(t.store.picture(topic)); });
  get("/api/segment", [](Tools t, Request request) {
    const auto number = number_in(request.query, "segment");
    if (!number) return problem(400, "segment is missing; ask for /api/segment?segment=0");
    auto view = t.store.segment(*number);
    if (!view) return problem(404, "there is no such segment (yet)");
    return binary(std::move(view->message));
  });
  server.add_handler("/api/control/region", [kept, owner](const HttpRequest& request) {
    if (request.method != "POST") return problem(405, "POST is what this answers");
    return change_region(*kept, request);
  });
}

}  // namespace ptero::dashboard
