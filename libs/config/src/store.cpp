#include "store.hpp"

#include <algorithm>
#include <ptero/core/error.hpp>
#include <tuple>

#include "suggest.hpp"

namespace ptero::config::detail {

namespace {
// The file's own order first, then the command line.
std::tuple<bool, int> reading_order(int line) {
  return {line == 0, line};
}

std::vector<std::string> in_brackets(const std::vector<std::string>& sections) {
  std::vector<std::string> all;
  for (const auto& section : sections) all.push_back("[" + section + "]");
  return all;
}
}  // namespace

const Entry* Store::find(const std::string& section, std::string_view key) const {
  const auto found = entries.find({section, std::string(key)});
  return found == entries.end() ? nullptr : &found->second;
}

std::string Store::place_of_line(int line) const {
  return line == 0 ? "command line" : name + ":" + std::to_string(line);
}

std::string Store::place(const Entry* entry) const {
  return entry ? place_of_line(entry->line) : name;
}

void Store::check_keys(const std::string& section) const {
  const auto known = asked.find(section);
  const std::set<std::string> keys = known == asked.end() ? std::set<std::string>{} : known->second;
  const std::string* unknown = nullptr;
  int line = 0;
  for (const auto& [key, entry] : entries) {
    if (key.first != section || keys.contains(key.second)) continue;
    if (unknown && reading_order(line) < reading_order(entry.line)) continue;
    unknown = &key.second;
    line = entry.line;
  }
  if (unknown)
    throw InputError(place_of_line(line) + ": [" + section + "] unknown key '" + *unknown + "'", {},
                     suggestion(*unknown, {keys.begin(), keys.end()}, "known keys are"));
}

void Store::check_sections() const {
  std::vector<std::string> known(allowed.begin(), allowed.end());
  for (const auto& [section, keys] : asked) known.push_back(section);
  std::sort(known.begin(), known.end());
  const std::string* unknown = nullptr;
  int line = 0;
  for (const auto& [section, at] : section_lines) {
    if (asked.contains(section) || allowed.contains(section)) continue;
    if (unknown && reading_order(line) < reading_order(at)) continue;
    unknown = &section;
    line = at;
  }
  if (!unknown) return;
  if (unknown->empty())
    throw InputError(place_of_line(line) + ": a key stands before the first section", {},
                     "known sections are " + joined(in_brackets(known)));
  throw InputError(place_of_line(line) + ": unknown section [" + *unknown + "]", {},
                   suggestion("[" + *unknown + "]", in_brackets(known), "known sections are"));
}

}  // namespace ptero::config::detail
