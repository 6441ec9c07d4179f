#include "column_names.hpp"

#include <algorithm>
#include <cctype>

#include <ptero/core/units.hpp>

#include "number_text.hpp"
#include "text_lines.hpp"

namespace ptero::positions {

namespace {

bool is_unit(std::string_view text) {
  return !text.empty() && (metres_in(text) || is_pixels(text));
}

/// Of letters and digits; "posX" and "PosX" are two words, "samx" and "um" are one.
std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  char before = ' ';
  for (const char c : text) {
    const bool belongs = std::isalnum(static_cast<unsigned char>(c)) != 0 || (c & 0x80) != 0;
    const bool turns = std::isupper(static_cast<unsigned char>(c)) != 0 &&
                       std::islower(static_cast<unsigned char>(before)) != 0;
    if (belongs && (words.empty() || before == '\0' || before == ' ' || turns)) words.emplace_back();
    if (belongs) words.back() += lower_case(std::string_view(&c, 1));
    before = belongs ? c : ' ';
  }
  return words;
}

bool has(const ColumnName& name, std::initializer_list<std::string_view> words) {
  return std::any_of(name.tokens.begin(), name.tokens.end(), [&](const std::string& token) {
    return std::find(words.begin(), words.end(), token) != words.end();
  });
}

/// How likely a column is the place along this axis; 0: it is not. A reading counts more than a set point.
int likeness(const ColumnName& name, char axis) {
  if (has(name, {"std", "stdev", "sd", "sigma", "err", "error", "min", "max", "var", "rms", "index", "lag",
                 "velocity"}))
    return 0;
  const std::string a(1, axis);
  bool named = has(name, {a});
  for (const char* form : {"pos?", "?pos", "position?", "?position", "sam?", "sample?", "stage?", "motor?",
                           "pp?", "?mean", "mean?", "scan?", "coord?"}) {
    std::string word = form;
    word.replace(word.find('?'), 1, a);
    named = named || has(name, {word});
  }
  if (!named) return 0;
  if (name.tokens.size() == 1 && name.tokens[0] == a) return 4;
  if (has(name, {"target", "setpoint", "set", "demand", "planned", "nominal", "requested"})) return 1;
  if (has(name, {"average", "mean", "measured", "actual", "readback", "rbv"})) return 3;
  return 2;
}

std::string list_of(const std::vector<ColumnName>& names) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : ", ") + name.text;
  return text;
}

/// The most likely one; nullopt: none, or several alike.
std::optional<std::size_t> most_likely(const std::vector<ColumnName>& names, char axis) {
  std::optional<std::size_t> best;
  int most = 0;
  bool alike = false;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const int likely = likeness(names[i], axis);
    alike = likely == most ? alike : likely > most ? false : alike;
    if (likely == most && likely > 0) alike = true;
    if (likely > most) {
      most = likely;
      best = i;
    }
  }
  return alike ? std::nullopt : best;
}

std::optional<std::size_t> index_among(const std::vector<ColumnName>& names) {
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const bool numbers =
        has(names[i], {"index", "idx", "trigger", "triggers", "triggernumber", "frame", "frames",
                       "framenumber", "datapoint", "point", "id", "image", "number", "nr", "no"});
    if (!numbers || has(names[i], {"x", "y", "time", "timestamp"})) continue;
    if (found) return std::nullopt;
    found = i;
  }
  return found;
}

/// Column of a channel by name, by name in any case, or by number.
Result<std::size_t, std::string> named_column(const std::string& channel,
                                              const std::vector<ColumnName>& names, std::size_t width) {
  for (std::size_t i = 0; i < names.size(); ++i)
    if (names[i].text == channel) return i;
  std::optional<std::size_t> alike;
  const auto wanted = column_name(channel).tokens;
  for (std::size_t i = 0; i < names.size(); ++i)
    if (names[i].tokens == wanted) alike = alike ? names.size() : i;
  if (alike && *alike < names.size()) return *alike;
  const auto number = number_in(channel);
  const auto column = number ? count_in(*number) : std::nullopt;
  if (column && *column >= 1 && *column <= width) return static_cast<std::size_t>(*column - 1);
  return "there is no column " + channel + " among the " + std::to_string(width) +
         (names.empty() ? "" : ": " + list_of(names));
}

constexpr const char* how_to_name = "name the columns of x and y, or give their numbers from 1";

Result<std::size_t, std::string> place_column(const std::string& channel, char axis,
                                              const std::vector<ColumnName>& names, std::size_t width) {
  if (!channel.empty()) return named_column(channel, names, width);
  if (!names.empty()) {
    if (const auto found = most_likely(names, axis)) return *found;
    return "which of its columns is " + std::string(1, axis) + " cannot be told (they are called " +
           list_of(names) + "); " + how_to_name;
  }
  if (width == 2) return axis == 'x' ? std::size_t{0} : std::size_t{1};
  return "which of its " + std::to_string(width) +
         " columns are x and y cannot be told (they have no names); " + how_to_name;
}

}  // namespace

ColumnName column_name(std::string_view text, std::string_view unit) {
  ColumnName name{.text = std::string(trimmed(text)), .tokens = {}, .unit = std::string(unit)};
  std::string_view rest = name.text;
  const auto open = rest.find_first_of("[({");
  if (open != rest.npos && open > 0) {
    if (unit.empty()) name.unit = trimmed(rest.substr(open + 1, rest.find_first_of("])}", open) - open - 1));
    rest = rest.substr(0, open);
  } else if (const auto slash = rest.rfind('/');
             slash != rest.npos && slash > 0 && is_unit(rest.substr(slash + 1))) {
    name.unit = trimmed(rest.substr(slash + 1));
    rest = rest.substr(0, slash);
  }
  name.tokens = words_of(rest);
  if (name.tokens.size() > 1 && name.unit.empty() && name.tokens.back() != "a" &&
      is_unit(name.tokens.back())) {
    name.unit = name.tokens.back();
    name.tokens.pop_back();
  }
  return name;
}

Result<TableColumns, std::string> columns_of(const Channels& channels, const std::vector<ColumnName>& names,
                                             std::size_t width) {
  TableColumns columns;
  const auto x = place_column(channels.x, 'x', names, width);
  if (!x) return x.reason();
  const auto y = place_column(channels.y, 'y', names, width);
  if (!y) return y.reason();
  columns.x = *x;
  columns.y = *y;
  if (columns.x == columns.y) return "x and y are the same column; " + std::string(how_to_name);
  columns.lynx =
      channels.x.empty() && !names.empty() && has(names[*x], {"fzp"}) && has(names[*x], {"average"});
  if (!channels.monitor.empty()) {
    const auto monitor = named_column(channels.monitor, names, width);
    if (!monitor) return monitor.reason();
    columns.monitor = *monitor;
  }
  if (!channels.index.empty()) {
    const auto index = named_column(channels.index, names, width);
    if (!index) return index.reason();
    columns.index = *index;
  } else if (const auto index = index_among(names); index && *index != columns.x && *index != columns.y) {
    columns.index = index;
  }
  return columns;
}

}  // namespace ptero::positions
