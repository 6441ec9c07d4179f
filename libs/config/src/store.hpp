#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace ptero::config::detail {

struct Value;
using List = std::vector<Value>;
/// A TOML type that no key has, in words: "a date".
struct Unsupported {
  std::string what;
};
struct Value {
  std::variant<std::string, std::int64_t, double, bool, List, Unsupported> is;
};

/// Text after '=' on the command line: its type follows from the one it is read as.
struct RawText {
  std::string text;
};

struct Entry {
  std::variant<Value, RawText> value;
  int line = 0;  ///< 0: from the command line
};

/// Everything a Document knows. Sections are flat: [a.b] is the section "a.b".
struct Store {
  using Key = std::pair<std::string, std::string>;  ///< section, key

  std::string name;
  std::string text;  ///< of the file, then an override a line
  std::map<Key, Entry> entries;
  std::map<std::string, int> section_lines;            ///< sections present; 0: from the command line
  std::map<std::string, std::set<std::string>> asked;  ///< known sections and the keys asked for
  std::set<std::string> allowed;                       ///< known sections whose keys are not checked

  const Entry* find(const std::string& section, std::string_view key) const;
  /// "configs/x.toml:12", "configs/x.toml" or "command line"
  std::string place(const Entry* entry) const;
  std::string place_of_line(int line) const;
  /// InputError at the first key of the section that was never asked for.
  void check_keys(const std::string& section) const;
  void check_sections() const;
};

}  // namespace ptero::config::detail
