#include "studies/numbers.hpp"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

namespace ptero::tools {

namespace {

nlohmann::ordered_json value_or_null(const std::optional<double>& value) {
  if (!value || !std::isfinite(*value)) return nullptr;
  // Six digits: what follows them is noise of the machine's timing or of the simulation.
  return std::stod(fmt::format("{:.6g}", *value));
}

std::string cell(const std::optional<double>& value) {
  return value ? fmt::format("{:.4g}", *value) : "-";
}

}  // namespace

std::optional<double> FigureNumbers::ours(const std::string& name) const {
  for (const FigureNumber& number : numbers_)
    if (number.name == name) return number.ours;
  return std::nullopt;
}

std::string FigureNumbers::json() const {
  nlohmann::ordered_json out;
  for (const FigureNumber& number : numbers_) {
    nlohmann::ordered_json entry;
    entry["figure"] = number.figure;
    entry["name"] = number.name;
    entry["paper"] = value_or_null(number.paper);
    entry["ours"] = value_or_null(number.ours);
    if (!number.note.empty()) entry["note"] = number.note;
    out["numbers"].push_back(std::move(entry));
  }
  out["reduced"] = reduced_;
  return out.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

std::string FigureNumbers::text() const {
  std::string out = fmt::format("{:<8} {:<62} {:>8} {:>8}\n", "figure", "number", "paper", "ours");
  for (const FigureNumber& n : numbers_)
    out += fmt::format("{:<8} {:<62} {:>8} {:>8}\n", n.figure, n.name, cell(n.paper), cell(n.ours));
  out += "\nReduced:\n";
  for (const std::string& sentence : reduced_) out += "  " + sentence + "\n";
  return out;
}

}  // namespace ptero::tools
