#include "table_dialect.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "number_text.hpp"

namespace ptero::positions {

namespace {

/// In order of preference, where several read the same lines: "1,5, 2,5" is two numbers, not four.
constexpr Dialect dialects[] = {
    {'\t', '.'}, {';', '.'}, {'|', '.'}, {',', ',', true}, {',', '.'}, {' ', '.'},
    {'\t', ','}, {';', ','}, {'|', ','}, {' ', ','},       {',', ','},
};

std::string_view without_quotes(std::string_view field) {
  field = trimmed(field);
  if (field.size() >= 2 && (field.front() == '"' || field.front() == '\'') && field.back() == field.front())
    field = trimmed(field.substr(1, field.size() - 2));
  return field;
}

std::size_t end_of_field(const Dialect& dialect, std::string_view line) {
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '"') quoted = !quoted;
    if (quoted) continue;
    if (dialect.separator == ' ' ? line[i] == ' ' || line[i] == '\t' : line[i] == dialect.separator)
      if (!dialect.loose || i + 1 == line.size() || line[i + 1] == ' ' || line[i + 1] == '\t') return i;
  }
  return line.size();
}

/// A decimal comma has to be seen: of whole numbers a comma more likely is the separator.
bool has_decimal_comma(const Fields& fields) {
  return std::any_of(fields.begin(), fields.end(), [](const auto& f) { return f.find(',') != f.npos; });
}

}  // namespace

Fields split(const Dialect& dialect, std::string_view line) {
  Fields fields;
  if (dialect.separator == ' ') line = trimmed(line);
  while (true) {
    const std::size_t end = end_of_field(dialect, line);
    const auto field = without_quotes(line.substr(0, end));
    if (dialect.separator != ' ' || !field.empty()) fields.emplace_back(field);
    if (end == line.size()) break;
    line.remove_prefix(end + 1);
  }
  if (dialect.tail && fields.size() > 1 && fields.back().empty()) fields.pop_back();
  return fields;
}

bool is_missing(std::string_view field) {
  const std::string text = lower_case(field);
  for (const std::string_view word : {"", "nan", "-nan", "na", "n/a", "#n/a", "null", "none", "nil", "-",
                                      "--", "---", "inf", "+inf", "-inf", "missing", "undefined"})
    if (text == word) return true;
  // What Fortran writes where a number does not fit its format.
  return text.find_first_not_of('*') == text.npos;
}

std::optional<double> value_of(std::string_view field, char decimal) {
  if (is_missing(field)) return std::numeric_limits<double>::quiet_NaN();
  std::string text;
  for (std::size_t i = 0; i < field.size(); ++i) {
    constexpr std::string_view minus = "\u2212";
    if (field.substr(i).starts_with(minus)) {
      text += '-';
      i += minus.size() - 1;
    } else if (field[i] == decimal) {
      text += '.';
    } else if (field[i] == '.') {
      return std::nullopt;
    } else {
      // Fortran's double and quadruple precision.
      text += std::string_view("DdQq").find(field[i]) != std::string_view::npos ? 'e' : field[i];
    }
  }
  const auto value = number_in(text);
  if (value && !std::isfinite(*value)) return std::numeric_limits<double>::quiet_NaN();
  return value;
}

bool holds_numbers(const Fields& fields, char decimal) {
  return fields.size() >= 2 && std::all_of(fields.begin(), fields.end(),
                                           [&](const auto& f) { return value_of(f, decimal).has_value(); });
}

std::optional<Dialect> dialect_of(std::span<const TextLine> lines) {
  constexpr std::size_t enough = 500;
  std::optional<Dialect> best;
  std::size_t most = 0;
  for (const Dialect& dialect : dialects) {
    std::size_t numbers = 0, looked_at = 0, tails = 0;
    for (auto line = lines.rbegin(); line != lines.rend() && looked_at < enough; ++line) {
      if (line->comment) continue;
      ++looked_at;
      const Fields fields = split(dialect, line->text);
      const bool all_missing =
          std::all_of(fields.begin(), fields.end(), [](const auto& f) { return is_missing(f); });
      const bool seen = dialect.decimal == '.' || has_decimal_comma(fields);
      if (all_missing || !seen || !holds_numbers(fields, dialect.decimal)) continue;
      // Of the loose one every field shows its comma, or it is the common kind with blanks.
      if (dialect.loose &&
          !std::all_of(fields.begin(), fields.end(), [](const auto& f) { return f.find(',') != f.npos; }))
        continue;
      ++numbers;
      tails += fields.back().empty() ? 1 : 0;
    }
    if (numbers <= most) continue;
    most = numbers;
    best = dialect;
    best->tail = tails == numbers && dialect.separator != ' ';
  }
  return best;
}

}  // namespace ptero::positions
