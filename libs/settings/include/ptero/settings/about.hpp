#pragma once
// settings: an option is declared once: key, unit, range, sentence, default, and the member it sets. The TOML
// file, the command line, the report, the checkpoint's identity, --help and doc/options.md all read that
// declaration, so that a default or a range cannot differ between them. No file, no socket. Thread promise:
// tables are made once and only read afterwards, from anywhere.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace ptero::settings {

/// A value as files and reports know it.
using Value =
    std::variant<bool, std::int64_t, double, std::string, std::vector<double>, std::vector<std::string>>;

/// When an option may change.
enum class Changes : std::uint8_t { at_start, while_running };

/// What must be done again where it differs.
enum class Touches : std::uint8_t {
  state,    ///< everything: a checkpoint made with another value means nothing
  product,  ///< where it ends, what is written and reported: not the iterations
  nothing,  ///< how fast, where to and from
};

/// What people are told of an option. Lengths in metres, angles in radians where a unit says nothing else.
struct About {
  std::string help;                ///< one sentence, without its default and range
  std::string unit = {};           ///< m, rad, px, epochs, frames, counts, ...; empty: a plain number or word
  std::optional<double> low = {};  ///< both ends included
  std::optional<double> high = {};
  std::vector<std::string> choices = {};  ///< of a word; filled in for enums
  std::string source = {};                ///< of the default: a key of doc/references.md or what was measured
  std::string flag = {};                  ///< --switch of the command line; empty: --set alone
  std::string flag_off = {};              ///< of a boolean; empty: --no-SWITCH
  std::vector<std::string> formerly = {};  ///< keys of older files, still read
  Touches touches = Touches::state;
  Changes changes = Changes::at_start;
};

/// An option without the struct that it belongs to.
struct Described {
  std::string key;
  About about;
  Value standard;  ///< the default: the member's initialiser
};

/// "0.1", "lsqml", "true", "[1, 2]"; numbers as short as they are read back the same.
std::string text_of(const Value& value);
/// As TOML has it: strings quoted.
std::string toml_of(const Value& value);
/// "0 to 64", "at least 1", "lsqml, rpie or dm"; empty: anything.
std::string range_of(const Described& option);
/// Why the value cannot be, for people; empty: it can. The default is always allowed: 0 may mean "not given".
std::string refusal(const Described& option, const Value& value);

/// Options of one section of the configuration, for pages and --help.
struct Section {
  std::string name;   ///< [name]
  std::string title;  ///< what it is, a sentence
  std::vector<Described> options;
};
/// doc/options.md: a table a section.
std::string markdown(const std::vector<Section>& sections);

}  // namespace ptero::settings
