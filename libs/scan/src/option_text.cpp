#include <ptero/scan/option_text.hpp>

#include <nlohmann/json.hpp>

namespace ptero::scan {

std::string option_text(const std::vector<std::pair<std::string, settings::Value>>& options) {
  auto out = nlohmann::json::object();
  for (const auto& [key, value] : options)
    out[key] = std::visit([](const auto& v) { return nlohmann::json(v); }, value);
  return out.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace ptero::scan
