#include "controls.hpp"

#include "checked_json.hpp"

#include <limits>
#include <optional>
#include <vector>

#include <ptero/runtime/clock.hpp>

namespace ptero::dashboard {

using Json = nlohmann::json;
using telemetry::HttpRequest;
using telemetry::HttpResponse;

namespace {

/// A key of a wish's JSON object: `put` takes it over, or says false when it is not of its kind.
struct Key {
  const char* name;
  bool (*put)(const Json&, wire::Control&);
};

/// One thing that people may ask for.
struct Wish {
  const char* path;
  std::string_view action;
  const char* service;
  std::vector<Key> keys;
  bool all_needed;         ///< else one of them is enough
  const char* looks_like;  ///< what would be right, for who got it wrong
};

template <auto member>
bool put_integer(const Json& value, wire::Control& control) {
  if (!value.is_number_integer()) return false;
  if (value.is_number_unsigned() && value.get<std::uint64_t>() > std::numeric_limits<std::int64_t>::max())
    return false;
  control.*member = value.get<std::int64_t>();
  return true;
}

template <auto member>
bool put_frame(const Json& value, wire::Control& control) {
  if (!value.is_number_unsigned()) return false;
  control.*member = value.get<std::uint64_t>();
  return true;
}

template <auto member>
bool put_flag(const Json& value, wire::Control& control) {
  if (!value.is_boolean()) return false;
  control.*member = value.get<bool>();
  return true;
}

bool put_what(const Json& value, wire::Control& control) {
  if (!value.is_string()) return false;
  control.what = value.get<std::string>();
  return true;
}

/// Which of the two actions of advice it is.
bool put_acceptance(const Json& value, wire::Control& control) {
  if (!value.is_boolean()) return false;
  control.action = value.get<bool>() ? wire::action_accept_advice : wire::action_reject_advice;
  return true;
}

using Control = wire::Control;

const std::vector<Wish>& wishes() {
  static const std::vector<Wish> all = {
      {"/api/control/region",
       wire::action_region,
       "classifier",
       {{"border", put_integer<&Control::border>},
        {"fill_in", put_flag<&Control::fill_in>},
        {"segments", put_integer<&Control::segments>}},
       false,
       "{\"border\": 2, \"fill_in\": true, \"segments\": 8}: border is a whole number of scan steps, fill_in "
       "is true or false, segments is a whole number that counts from the next series on; one of them is "
       "enough"},
      {"/api/control/frames",
       wire::action_bad_frames,
       "classifier",
       {{"first", put_frame<&Control::first>},
        {"last", put_frame<&Control::last>},
        {"bad", put_flag<&Control::bad>}},
       true,
       "{\"first\": 100, \"last\": 120, \"bad\": true}: ids of the running series, both included; bad is "
       "false "
       "to take it back"},
      {"/api/control/reconstruction",
       wire::action_reconstruction,
       "reconstructor",
       {{"do", put_what}},
       true,
       "{\"do\": \"start\"}, \"stop\" or \"restart\""},
      {"/api/control/separation",
       wire::action_separation,
       "ddip",
       {{"do", put_what}},
       true,
       "{\"do\": \"start\"} or \"stop\""},
      {"/api/control/advice",
       wire::action_accept_advice,
       "classifier",
       {{"advice", put_frame<&Control::advice>}, {"accept", put_acceptance}},
       true,
       "{\"advice\": 17, \"accept\": true}: the id of the newest advice, and false to reject it"},
  };
  return all;
}

HttpResponse answer(int status, Json body) {
  return {status, body.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n", "application/json"};
}

/// Not what is inside of an array or object: writing one of a hundred thousand levels overflows the stack.
std::string shown(const Json& value) {
  return value.is_array()    ? "an array"
         : value.is_object() ? "an object"
                             : value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

/// What is wrong with a body; else the control is what it asks for.
std::optional<std::string> read(const Wish& wish, const Json& body, wire::Control& control) {
  const std::string right = "; it looks like " + std::string(wish.looks_like);
  if (!body.is_object()) return "the body is no JSON object" + right;
  std::size_t given = 0;
  for (const auto& [name, value] : body.items()) {
    const auto key =
        std::find_if(wish.keys.begin(), wish.keys.end(), [&](const Key& k) { return name == k.name; });
    if (key == wish.keys.end()) return "\"" + name + "\" is not known here" + right;
    if (!key->put(value, control)) return "\"" + name + "\" is " + shown(value) + right;
    ++given;
  }
  if (given == 0) return "nothing is asked for" + right;
  if (!wish.all_needed || given == wish.keys.size()) return std::nullopt;
  for (const Key& key : wish.keys)
    if (!body.contains(key.name)) return "\"" + std::string(key.name) + "\" is missing" + right;
  return std::nullopt;
}

wire::ControlAnswer ask(const Services& services, const std::string& service, const wire::Control& control) {
  if (const auto found = services.find(service); found != services.end()) return found->second(control);
  return {false, "the " + service + " service cannot be asked; set " + service +
                     "_control in [dashboard] to its control"};
}

/// A person's note on the series under way. It asks nothing of any service.
HttpResponse take_note(const HttpRequest& request, const StateStore& store, AuditLog& audit,
                       std::int64_t now_ns) {
  constexpr std::size_t most_bytes = 4000;
  const auto refused = [](int status, const std::string& why) {
    return answer(status, {{"ok", false}, {"why", why}});
  };
  const std::string right = R"(; it looks like {"text": "the shutter was closed"})";
  const auto [body, problem] = checked_json(request.body);
  if (!problem.empty()) return refused(400, "the body cannot be taken: " + problem + right);
  if (!body.is_object() || body.size() != 1 || !body.contains("text") || !body["text"].is_string())
    return refused(400, "a note is a text and nothing else" + right);
  const auto& text = body["text"].get_ref<const std::string&>();
  if (text.find_first_not_of(" \t\r\n") == std::string::npos)
    return refused(400, "the note is empty" + right);
  if (text.size() > most_bytes)
    return refused(400, "the note has " + std::to_string(text.size()) + " bytes, more than " +
                            std::to_string(most_bytes) + "; make two of it");
  const Json state = store.state(now_ns);
  const Json frames = state["ledger"].is_object() ? state["ledger"]["arrived"] : Json(nullptr);
  const bool kept =
      audit.add({{"action", "note"},
                 {"by", request.remote},
                 {"asked", {{"text", text}, {"series_uid", state["series_uid"]}, {"frames", frames}}},
                 {"ok", true},
                 {"why", ""}});
  if (!kept) return refused(409, "the note is not written down: the audit log cannot be written");
  return answer(200, {{"ok", true}, {"why", "noted"}, {"audited", true}});
}

}  // namespace

Json names_of(const Services& services) {
  Json names = Json::object();
  for (const char* name : {"classifier", "reconstructor", "ddip"}) names[name] = services.contains(name);
  return names;
}

void serve_controls(telemetry::HttpServer& server, StateStore& store, AuditLog& audit, Services services,
                    std::shared_ptr<void> owner) {
  const auto asked = std::make_shared<const Services>(std::move(services));
  for (const Wish& wish : wishes()) {
    const auto serve = [&wish, &store, &audit, asked, owner](const HttpRequest& request) {
      wire::Control control{.action = std::string(wish.action), .by = request.remote};
      const auto [body, problem] = checked_json(request.body);
      if (!problem.empty())
        return answer(
            400, {{"ok", false},
                  {"why", "the body cannot be taken: " + problem + "; it looks like " + wish.looks_like}});
      if (const auto wrong = read(wish, body, control)) return answer(400, {{"ok", false}, {"why", *wrong}});
      const auto said = ask(*asked, wish.service, control);
      const bool kept = audit.add({{"action", control.action},
                                   {"by", control.by},
                                   {"asked", body},
                                   {"ok", said.ok},
                                   {"why", said.why}});
      if (said.ok && wish.action == wire::action_region) store.set_wanted(body);
      return answer(said.ok ? 200 : 409, {{"ok", said.ok}, {"why", said.why}, {"audited", kept}});
    };
    server.add_handler(wish.path, serve, "POST");
  }
  server.add_handler(
      "/api/control/note",
      [&store, &audit, owner](const HttpRequest& request) {
        return take_note(request, store, audit, runtime::steady_now_ns());
      },
      "POST");
}

}  // namespace ptero::dashboard
