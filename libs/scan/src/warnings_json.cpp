#include "warnings_json.hpp"

namespace ptero::scan {

nlohmann::json json_of(const Warnings& warnings) {
  auto list = nlohmann::json::array();
  for (const Warning& warning : warnings)
    list.push_back({{"code", warning.code}, {"sentence", warning.sentence}});
  return list;
}

}  // namespace ptero::scan
