#include "toml_reader.hpp"

#include <toml++/toml.h>

#include <ptero/core/error.hpp>

namespace ptero::config::detail {

namespace {

int line_of(const toml::node& node) {
  return static_cast<int>(node.source().begin.line);
}

Value to_value(const toml::node& node) {
  if (const auto* text = node.as_string()) return {text->get()};
  if (const auto* integer = node.as_integer()) return {integer->get()};
  if (const auto* number = node.as_floating_point()) return {number->get()};
  if (const auto* boolean = node.as_boolean()) return {boolean->get()};
  if (const auto* array = node.as_array()) {
    List list;
    for (const auto& element : *array) list.push_back(to_value(element));
    return {std::move(list)};
  }
  return {Unsupported{node.is_table() ? "a table" : "a date or time"}};
}

void read_table(const toml::table& table, const std::string& section, int line, Store& store) {
  bool has_keys = table.empty();
  for (const auto& [key, node] : table) {
    const std::string name(key.str());
    const std::string below = section.empty() ? name : section + "." + name;
    if (const auto* child = node.as_table()) {
      read_table(*child, below, static_cast<int>(key.source().begin.line), store);
    } else if (node.is_array_of_tables() && !node.as_array()->empty()) {
      throw InputError(store.place_of_line(line_of(node)) + ": [[" + below + "]] is a list of sections", {},
                       "write [" + below + "] once");
    } else {
      store.entries[{section, name}] = {to_value(node), static_cast<int>(key.source().begin.line)};
      if (section.empty() && !has_keys) line = static_cast<int>(key.source().begin.line);
      has_keys = true;
    }
  }
  // [a.b] alone makes no section [a]; the top of the file is one only when keys stand there.
  if (has_keys && !(section.empty() && table.empty())) store.section_lines[section] = line;
}

}  // namespace

void read_toml(std::string_view text, Store& store) {
  try {
    read_table(toml::parse(text, store.name), "", 1, store);
  } catch (const toml::parse_error& error) {
    const auto& at = error.source().begin;
    throw InputError(
        store.place_of_line(static_cast<int>(at.line)) + ":" + std::to_string(at.column) + ": not valid TOML",
        std::string(error.description()));
  }
}

std::optional<Value> parse_value(const std::string& text) {
  if (text.find('\n') != std::string::npos) return std::nullopt;
  try {
    const toml::table table = toml::parse("value = " + text);
    return to_value(*table.get("value"));
  } catch (const toml::parse_error&) {
    return std::nullopt;
  }
}

}  // namespace ptero::config::detail
