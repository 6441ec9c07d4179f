#include "ptero/cli_declared.hpp"

#include <functional>

namespace ptero::tools {

namespace {

using settings::Described;
using settings::Value;
using Assign = std::function<void(const Value&)>;

std::string help_of(const Described& option) {
  std::string help = option.about.help;
  const bool said =
      option.standard == Value(std::string()) || option.standard == Value(std::vector<std::string>());
  if (!said) help += "; default " + settings::text_of(option.standard);
  return help;
}

/// How the value's kind is written in --help.
std::string type_of(const Described& option) {
  if (!option.about.choices.empty()) return settings::range_of(option);
  if (!option.about.unit.empty()) return option.about.unit;
  return std::holds_alternative<std::int64_t>(option.standard) ? "N"
         : std::holds_alternative<double>(option.standard)     ? "X"
                                                               : "TEXT";
}

/// Adds the switch for the kind of the option's default.
struct AddSwitch {
  CLI::App& app;
  const Described& option;
  const std::string& group;
  Assign assign;

  void operator()(bool standard) const {
    const auto& about = option.about;
    const std::string& usual = standard ? about.flag_off : about.flag;
    const std::string& other = standard ? about.flag : about.flag_off;
    const std::string help = standard ? "not: " + about.help : about.help;
    app.add_flag_callback(
           usual, [set = assign, standard] { set(!standard); }, help)
        ->group(group);
    app.add_flag_callback(other, [set = assign, standard] { set(standard); })->group("");
  }
  template <class T>
  void operator()(const T&) const {
    app.add_option_function<T>(
           option.about.flag, [set = assign](const T& value) { set(value); }, help_of(option))
        ->type_name(type_of(option))
        ->allow_extra_args(false)
        ->group(group);
  }
};

}  // namespace

void add_declared(CLI::App& app, const settings::Section& section, const std::string& group,
                  std::vector<std::string>& assignments) {
  for (const Described& option : section.options) {
    if (option.about.flag.empty()) continue;
    const auto assign = [option, name = section.name, &assignments](const Value& value) {
      if (const auto why = settings::refusal(option, value); !why.empty())
        throw CLI::ValidationError(option.about.flag, settings::text_of(value) + " cannot be (" + why + ")");
      assignments.push_back(name + "." + option.key + "=" + settings::toml_of(value));
    };
    std::visit(AddSwitch{app, option, group, assign}, option.standard);
  }
}

}  // namespace ptero::tools
