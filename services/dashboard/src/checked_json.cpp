#include "checked_json.hpp"

#include <set>
#include <vector>

namespace ptero::dashboard {

using Json = nlohmann::json;

namespace {
constexpr int deepest = 100;
}

CheckedJson checked_json(std::string_view text) {
  // The parser takes a zero byte for the end, whatever comes behind.
  if (text.find('\0') != text.npos) return {{}, "it has a zero byte"};
  std::string problem;
  std::vector<std::set<std::string>> keys;  // of the objects that are open
  const auto look = [&](int depth, Json::parse_event_t event, Json& parsed) {
    using Event = Json::parse_event_t;
    if (!problem.empty()) return false;
    if (depth > deepest) {
      problem = "it is nested more than " + std::to_string(deepest) + " levels deep";
      return false;
    }
    if (event == Event::object_start) keys.emplace_back();
    if (event == Event::object_end && !keys.empty()) keys.pop_back();
    if (event == Event::key && !keys.empty() && !keys.back().insert(parsed.get<std::string>()).second)
      problem = "\"" + parsed.get<std::string>().substr(0, 100) + "\" is there twice";
    return true;
  };
  Json value = Json::parse(text, look, false);
  if (!problem.empty()) return {{}, problem};
  if (value.is_discarded()) return {{}, "it is no JSON"};
  return {std::move(value), {}};
}

}  // namespace ptero::dashboard
