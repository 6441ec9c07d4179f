#include <algorithm>
#include <ptero/roi/classification.hpp>
#include <ptero/roi/options.hpp>

namespace ptero::roi {

std::string_view name_of(Mode mode) {
  switch (mode) {
    case Mode::paper:
      return "paper";
    case Mode::robust:
      return "robust";
    case Mode::threshold:
      break;
  }
  return "threshold";
}

std::string_view name_of(Label label) {
  switch (label) {
    case Label::pending:
      return "pending";
    case Label::background:
      return "background";
    case Label::selected:
      return "selected";
    case Label::dark:
      return "dark";
    case Label::unpositioned:
      return "unpositioned";
    case Label::bad:
      return "bad";
    case Label::outlying:
      break;
  }
  return "outlying";
}

std::size_t Classification::count(Label label) const {
  return static_cast<std::size_t>(std::count(labels.begin(), labels.end(), label));
}

std::vector<std::string> Classification::flags() const {
  std::vector<std::string> found;
  if (no_contrast) found.emplace_back("no_contrast");
  if (count(Label::dark) > 0) found.emplace_back("dark_frames");
  if (count(Label::outlying) > 0) found.emplace_back("outlying_frames");
  if (monitors_ignored > 0) found.emplace_back("monitor_readings_ignored");
  if (count(Label::bad) > 0) found.emplace_back("bad_frames");
  if (count(Label::unpositioned) > 0) found.emplace_back("unpositioned_frames");
  return found;
}

}  // namespace ptero::roi
