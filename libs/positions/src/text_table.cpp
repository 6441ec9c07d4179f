#include <ptero/positions/text_table.hpp>

#include <algorithm>
#include <limits>
#include <optional>

#include "number_text.hpp"

namespace ptero::positions {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

using Fields = std::vector<std::string_view>;

std::string_view trimmed(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

/// Commas or semicolons where there are any, else blanks.
void split(std::string_view line, Fields& fields) {
  fields.clear();
  const char separator = line.find(',') != line.npos ? ',' : line.find(';') != line.npos ? ';' : ' ';
  while (true) {
    const auto end = separator == ' ' ? line.find_first_of(" \t") : line.find(separator);
    const auto field = trimmed(line.substr(0, end));
    if (separator != ' ' || !field.empty()) fields.push_back(field);
    if (end == line.npos) return;
    line.remove_prefix(end + 1);
  }
}

std::optional<double> field_value(std::string_view field) {
  return field.empty() ? std::optional(nan) : number_in(field);
}

bool numeric(const Fields& fields) {
  return std::all_of(fields.begin(), fields.end(), [](auto f) { return field_value(f).has_value(); });
}

/// Column of a channel; an empty channel has none. Failure: a sentence.
Result<std::optional<std::size_t>, std::string> find_column(const std::string& channel,
                                                            const std::vector<std::string>& names,
                                                            std::size_t width) {
  if (channel.empty()) return std::optional<std::size_t>();
  const auto named = std::find(names.begin(), names.end(), channel);
  if (named != names.end()) return std::optional(static_cast<std::size_t>(named - names.begin()));
  const auto number = number_in(channel);
  const auto column = number ? count_in(*number) : std::nullopt;
  if (column && *column >= 1 && *column <= width) return std::optional<std::size_t>(*column - 1);
  std::string known;
  for (const auto& name : names) known += (known.empty() ? "" : ", ") + name;
  return "there is no column " + channel + " among the " + std::to_string(width) +
         (known.empty() ? "" : ": " + known);
}

struct Columns {
  std::size_t x = 0, y = 1;
  std::optional<std::size_t> monitor, index;
};

Result<Columns, std::string> columns_of(const Channels& channels, const std::vector<std::string>& names,
                                        std::size_t width) {
  const auto or_usual = [&](const std::string& given, const char* usual, const char* number) {
    if (!given.empty()) return given;
    for (const auto& name : {std::string(usual), std::string(usual) + "_m"})
      if (std::find(names.begin(), names.end(), name) != names.end()) return name;
    return std::string(number);
  };
  Columns columns;
  const auto x = find_column(or_usual(channels.x, "x", "1"), names, width);
  if (!x) return x.reason();
  const auto y = find_column(or_usual(channels.y, "y", "2"), names, width);
  if (!y) return y.reason();
  const auto monitor = find_column(channels.monitor, names, width);
  if (!monitor) return monitor.reason();
  const auto index = find_column(channels.index, names, width);
  if (!index) return index.reason();
  columns.x = **x;
  columns.y = **y;
  columns.monitor = *monitor;
  columns.index = *index;
  return columns;
}

}  // namespace

Result<std::vector<Sample>, std::string> parse_text_table(std::string_view text, const Channels& channels) {
  std::vector<Sample> samples;
  std::vector<std::string> names;
  std::optional<Columns> columns;
  Fields fields;
  std::size_t width = 0;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto end = std::min(text.find('\n'), text.size());
    auto line = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    const bool comment = line.starts_with('#');
    if (comment) line = trimmed(line.substr(1));
    if (line.empty()) continue;
    split(line, fields);
    if (comment || !numeric(fields)) {
      // Above the numbers, the last such line names the columns.
      if (!columns) names.assign(fields.begin(), fields.end());
      if (comment || !columns) continue;
      return "line " + std::to_string(number) + " holds something that is no number";
    }
    if (!columns) {
      width = fields.size();
      if (names.size() != width) names.clear();
      auto found = columns_of(channels, names, width);
      if (!found) return found.reason();
      columns = *found;
    }
    if (fields.size() != width)
      return "line " + std::to_string(number) + " has " + std::to_string(fields.size()) + " columns, not " +
             std::to_string(width);
    Sample sample{samples.size(), *field_value(fields[columns->x]), *field_value(fields[columns->y])};
    if (columns->monitor) sample.monitor = *field_value(fields[*columns->monitor]);
    if (columns->index) {
      const auto trigger = count_in(*field_value(fields[*columns->index]));
      if (!trigger) return "line " + std::to_string(number) + " has no trigger number";
      sample.index = *trigger;
    }
    samples.push_back(sample);
  }
  if (samples.empty()) return std::string("there are no positions in it");
  return samples;
}

}  // namespace ptero::positions
