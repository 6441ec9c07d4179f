#include <ptero/positions/text_table.hpp>

#include <algorithm>
#include <optional>

#include <ptero/core/units.hpp>

#include "column_names.hpp"
#include "number_text.hpp"
#include "table_dialect.hpp"

namespace ptero::positions {

namespace {

/// "x [um]" is one name where blanks separate.
std::string with_units_joined(const std::string& text) {
  if (text.starts_with('[') || text.starts_with('(')) return text;
  std::string joined;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool before_unit =
        text[i] == ' ' && i > 0 && i + 1 < text.size() && (text[i + 1] == '[' || text[i + 1] == '(');
    if (!before_unit || joined.empty() || joined.back() == ' ') joined += text[i];
  }
  return joined;
}

/// The fields of a line above the numbers, where they are as many as the columns.
Fields heading(const TextLine& line, const Dialect& dialect, std::size_t width) {
  for (const Dialect& form : {dialect, Dialect{','}, Dialect{';'}, Dialect{'\t'}, Dialect{' '}}) {
    Fields fields = split(form, form.separator == ' ' ? with_units_joined(line.text) : line.text);
    while (fields.size() > width && fields.back().empty()) fields.pop_back();
    if (fields.size() == width) return fields;
  }
  return {};
}

bool are_units(const Fields& fields) {
  std::size_t units = 0;
  for (const auto& field : fields) {
    const bool bracketed = !field.empty() && (field.front() == '[' || field.front() == '(');
    if (metres_in(field) || is_pixels(field) || bracketed)
      ++units;
    else if (!field.empty() && field != "-" && field != "s")
      return false;
  }
  return units > 0;
}

/// The nearest line above the numbers that fits them; a line of units may lie between.
std::vector<ColumnName> names_above(std::span<const TextLine> above, const Dialect& dialect,
                                    std::size_t width) {
  Fields units(width);
  std::vector<ColumnName> names;
  for (auto line = above.rbegin(); line != above.rend() && names.empty(); ++line) {
    const Fields fields = heading(*line, dialect, width);
    if (fields.empty()) continue;
    if (are_units(fields)) {
      units = fields;
      continue;
    }
    for (std::size_t i = 0; i < width; ++i) names.push_back(column_name(fields[i], units[i]));
  }
  return names;
}

/// A line above the numbers that speaks of x and y, though its names are not as many as the columns.
const TextLine* unclear_names(std::span<const TextLine> above) {
  for (const TextLine& line : above) {
    const auto words = column_name(line.text).tokens;
    const auto says = [&](const char* word) {
      return std::find(words.begin(), words.end(), word) != words.end();
    };
    if (says("x") && says("y")) return &line;
  }
  return nullptr;
}

struct Table {
  Dialect dialect;
  std::vector<ColumnName> names;
  TableColumns columns;
  std::size_t width = 0;
};

/// A row of the table. Failure: what is wrong with the line.
Result<Sample, std::string> sample_of(const Table& table, const TextLine& line, std::size_t row) {
  const std::string where = "line " + std::to_string(line.number);
  const Fields fields = split(table.dialect, line.text);
  for (const auto& field : fields)
    if (!value_of(field, table.dialect.decimal))
      return where + " holds something that is no number: " + field.substr(0, 40);
  if (fields.size() != table.width)
    return where + " has " + std::to_string(fields.size()) + " columns, not " + std::to_string(table.width);
  const auto at = [&](std::size_t column) { return *value_of(fields[column], table.dialect.decimal); };
  Sample sample{row, at(table.columns.x), at(table.columns.y), {}};
  if (table.columns.monitor) sample.monitor = at(*table.columns.monitor);
  if (table.columns.index) {
    const auto trigger = count_in(at(*table.columns.index));
    if (!trigger) return where + " has no trigger number";
    sample.index = *trigger;
  }
  return sample;
}

void describe(const Table& table, TextTable& out) {
  out.indexed = table.columns.index.has_value();
  if (!table.names.empty())
    out.units = {table.names[table.columns.x].unit, table.names[table.columns.y].unit};
  if (!table.columns.lynx) return;
  if (out.units[0].empty() && out.units[1].empty()) out.units = {"um", "um"};
  out.warnings.push_back(
      {"stage_axes",
       "the positions are averages of an orchestra table: micrometres, taken as they stand; the "
       "station's own programs negate both (position signs -1,-1)"});
}

}  // namespace

Result<TextTable, std::string> parse_text_table(std::string_view text, const Channels& channels) {
  const std::vector<TextLine> lines = lines_of(text);
  const auto dialect = dialect_of(lines);
  if (!dialect) {
    const auto data =
        std::find_if(lines.begin(), lines.end(), [](const TextLine& line) { return !line.comment; });
    if (data == lines.end()) return std::string("there are no positions in it");
    return "no line of it holds two numbers; line " + std::to_string(data->number) +
           " is: " + data->text.substr(0, 60);
  }
  Table table{.dialect = *dialect, .names = {}, .columns = {}, .width = 0};
  // Without the separator that ends every line, a line may be left with a single number.
  const auto first = std::find_if(lines.begin(), lines.end(), [&](const TextLine& line) {
    return !line.comment && holds_numbers(split(*dialect, line.text), dialect->decimal);
  });
  if (first == lines.end()) return std::string("no line of it holds two numbers");
  table.width = split(*dialect, first->text).size();
  table.names = names_above(std::span(lines.begin(), first), *dialect, table.width);
  const bool found_out = channels.x.empty() || channels.y.empty();
  if (const TextLine* line = unclear_names(std::span(lines.begin(), first));
      line && found_out && table.names.empty())
    return "line " + std::to_string(line->number) + " seems to name the columns, but not as many as the " +
           std::to_string(table.width) + " there are: " + line->text.substr(0, 60);
  const auto columns = columns_of(channels, table.names, table.width);
  if (!columns) return columns.reason();
  table.columns = *columns;
  TextTable out;
  for (auto line = first; line != lines.end(); ++line) {
    if (line->comment) continue;
    auto sample = sample_of(table, *line, out.samples.size());
    if (!sample) return sample.reason();
    out.samples.push_back(*sample);
  }
  describe(table, out);
  return out;
}

}  // namespace ptero::positions
