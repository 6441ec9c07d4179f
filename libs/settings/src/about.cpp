#include <algorithm>
#include <array>
#include <charconv>
#include <ptero/settings/about.hpp>

namespace ptero::settings {

namespace {

std::string number(double value) {
  std::array<char, 32> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  return {buffer.data(), end};
}

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

template <class T, class F>
std::string list(const std::vector<T>& values, F&& each) {
  std::string out = "[";
  for (const T& value : values) out += (out.size() > 1 ? ", " : "") + each(value);
  return out + "]";
}

/// Numbers keep their type: 1.0 stays a number with a fraction in TOML.
std::string toml_number(double value) {
  const std::string text = number(value);
  return text.find_first_of(".en") == std::string::npos ? text + ".0" : text;
}

struct ToToml {
  std::string operator()(bool value) const { return value ? "true" : "false"; }
  std::string operator()(std::int64_t value) const { return std::to_string(value); }
  std::string operator()(double value) const { return toml_number(value); }
  std::string operator()(const std::string& value) const { return quoted(value); }
  std::string operator()(const std::vector<double>& values) const { return list(values, toml_number); }
  std::string operator()(const std::vector<std::string>& values) const { return list(values, quoted); }
};

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i)
    out += (i == 0 ? "" : i + 1 == words.size() ? " or " : ", ") + words[i];
  return out;
}

/// Text in a cell of a table.
std::string cell(std::string text) {
  for (std::size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2) text.insert(at, "\\");
  return text;
}

std::string code(const std::string& text) {
  return text.empty() ? "" : "`" + text + "`";
}

std::string sentence_of(const Described& option) {
  std::string out = option.about.help;
  if (!option.about.source.empty()) out += " (" + option.about.source + ")";
  if (!option.about.formerly.empty()) {
    std::vector<std::string> old;
    for (const auto& key : option.about.formerly) old.push_back(code(key));
    out += "; older files: " + joined(old);
  }
  if (option.about.changes == Changes::while_running) out += "; may change while it runs";
  return out;
}

std::string flags_of(const Described& option) {
  if (!std::holds_alternative<bool>(option.standard) || option.about.flag.empty())
    return code(option.about.flag);
  return code(std::get<bool>(option.standard) ? option.about.flag_off : option.about.flag);
}

}  // namespace

std::string toml_of(const Value& value) {
  return std::visit(ToToml{}, value);
}

std::string text_of(const Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* real = std::get_if<double>(&value)) return number(*real);
  return toml_of(value);
}

std::string range_of(const Described& option) {
  const About& about = option.about;
  if (!about.choices.empty()) return joined(about.choices);
  if (std::holds_alternative<bool>(option.standard)) return "true or false";
  if (about.low && about.high) return number(*about.low) + " to " + number(*about.high);
  if (about.low) return "at least " + number(*about.low);
  return about.high ? "at most " + number(*about.high) : "";
}

std::string refusal(const Described& option, const Value& value) {
  if (value == option.standard) return {};
  const bool is_integer = std::holds_alternative<std::int64_t>(value);
  if (value.index() != option.standard.index() &&
      !(is_integer && std::holds_alternative<double>(option.standard)))
    return "its default is " + toml_of(option.standard);
  if (const auto* word = std::get_if<std::string>(&value)) {
    const auto& choices = option.about.choices;
    const bool known = choices.empty() || std::find(choices.begin(), choices.end(), *word) != choices.end();
    return known ? "" : "use one of " + range_of(option);
  }
  const auto* real = std::get_if<double>(&value);
  if (!real && !is_integer) return {};
  const double x = real ? *real : static_cast<double>(std::get<std::int64_t>(value));
  const bool within = x >= option.about.low.value_or(x) && x <= option.about.high.value_or(x);
  return within ? "" : "allowed is " + range_of(option);
}

std::string markdown(const std::vector<Section>& sections) {
  std::string out;
  for (const Section& section : sections) {
    out += "\n## [" + section.name + "]\n\n" + section.title + "\n\n";
    out += "| key | switch | unit | default | range | what it is |\n| --- | --- | --- | --- | --- | --- |\n";
    for (const Described& option : section.options)
      out += "| " + code(option.key) + " | " + flags_of(option) + " | " + option.about.unit + " | " +
             code(cell(toml_of(option.standard))) + " | " + cell(range_of(option)) + " | " +
             cell(sentence_of(option)) + " |\n";
  }
  return out;
}

}  // namespace ptero::settings
