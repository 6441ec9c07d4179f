#include "panda_header.hpp"

#include <algorithm>
#include <utility>

#include "channel_name.hpp"
#include "number_text.hpp"

namespace ptero::positions {

namespace {

constexpr std::size_t most_fields = 4096;

using Attributes = std::vector<std::pair<std::string, std::string>>;

std::string value_of(const Attributes& attributes, std::string_view name) {
  for (const auto& [key, value] : attributes)
    if (key == name) return value;
  return {};
}

std::string without_entities(std::string_view text) {
  static constexpr std::pair<std::string_view, char> entities[] = {
      {"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}};
  std::string out;
  while (!text.empty()) {
    std::size_t taken = 1;
    char c = text.front();
    for (const auto& [entity, meaning] : entities)
      if (text.starts_with(entity)) {
        c = meaning;
        taken = entity.size();
      }
    out += c;
    text.remove_prefix(taken);
  }
  return out;
}

/// name="value" pairs of one XML element.
Attributes attributes_of(std::string_view element) {
  Attributes out;
  while (true) {
    const auto open = element.find("=\"");
    if (open == element.npos) return out;
    auto name = element.substr(0, open);
    if (const auto blank = name.find_last_of(" \t\n"); blank != name.npos) name.remove_prefix(blank + 1);
    element.remove_prefix(open + 2);
    const auto close = element.find('"');
    if (close == element.npos) return out;
    out.emplace_back(name, without_entities(element.substr(0, close)));
    element.remove_prefix(close + 1);
  }
}

std::string add_field(PandaHeader& header, const std::string& name, const std::string& type,
                      const std::string& capture, const std::string& scale, const std::string& offset) {
  static constexpr std::pair<std::string_view, FieldType> types[] = {{"uint32", FieldType::uint32},
                                                                     {"int32", FieldType::int32},
                                                                     {"int64", FieldType::int64},
                                                                     {"double", FieldType::float64}};
  if (header.fields.size() == most_fields) return "it names too many fields";
  Field field{.name = name + "." + capture, .mean = capture == "Mean" || capture == "Average"};
  bool known = false;
  for (const auto& [word, meaning] : types)
    if (type == word) {
      field.type = meaning;
      known = true;
    }
  if (!known) return "its field " + field.name + " has the unknown type '" + type + "'";
  field.scale = number_in(scale).value_or(1);
  field.offset = number_in(offset).value_or(0);
  header.fields.push_back(std::move(field));
  return {};
}

/// What stands outside of the fields; false: a value makes no sense.
bool take_setting(PandaHeader& header, std::string_view key, const std::string& value) {
  const auto count = [&]() { return count_in(number_in(value).value_or(-1)); };
  if (key == "arm_time") header.arm_time = value;
  if (key == "missed") {
    if (!count()) return false;
    header.missed = *count();
  }
  if (key == "sample_bytes") {
    if (!count()) return false;
    header.sample_bytes = *count();
  }
  if (key == "process") {
    if (value != "Scaled" && value != "Unscaled" && value != "Raw") return false;
    header.process = value == "Raw" ? Process::raw : value == "Scaled" ? Process::scaled : Process::unscaled;
  }
  if (key == "format") {
    if (value != "Framed" && value != "ASCII" && value != "Base64") return false;
    header.format = value == "Framed" ? Format::framed : value == "ASCII" ? Format::ascii : Format::base64;
  }
  return true;
}

std::string bad_setting(const std::string& key, const std::string& value) {
  return "its " + key + " is '" + value + "'" +
         (key == "format" ? ", of which nothing can be told apart (ask for FRAMED)" : "");
}

std::string parse_xml(PandaHeader& header, std::string_view text) {
  while (true) {
    const auto open = text.find('<');
    const auto close = open == text.npos ? text.npos : text.find('>', open);
    if (close == text.npos) return {};
    const auto element = text.substr(open + 1, close - open - 1);
    text.remove_prefix(close + 1);
    const auto attributes = attributes_of(element);
    if (element.starts_with("data"))
      for (const auto& [key, value] : attributes)
        if (!take_setting(header, key, value)) return bad_setting(key, value);
    if (!element.starts_with("field ")) continue;
    const auto get = [&](const char* key) { return value_of(attributes, key); };
    if (auto failure =
            add_field(header, get("name"), get("type"), get("capture"), get("scale"), get("offset"));
        !failure.empty())
      return failure;
  }
}

/// "NAME TYPE CAPTURE scale: S offset: O units: U"
std::string parse_plain_field(PandaHeader& header, std::string_view line) {
  std::vector<std::string> words;
  while (!line.empty()) {
    const auto end = std::min(line.find(' '), line.size());
    if (end > 0) words.emplace_back(line.substr(0, end));
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  if (words.size() < 3) return "one of its fields has no type";
  std::string scale, offset;
  for (std::size_t i = 3; i + 1 < words.size(); ++i) {
    if (words[i] == "scale:") scale = words[i + 1];
    if (words[i] == "offset:") offset = words[i + 1];
  }
  return add_field(header, words[0], words[1], words[2], scale, offset);
}

std::string parse_plain(PandaHeader& header, std::string_view text) {
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.starts_with(' ')) {
      if (auto failure = parse_plain_field(header, line); !failure.empty()) return failure;
      continue;
    }
    const auto colon = line.find(": ");
    if (colon == line.npos) continue;
    const std::string key(line.substr(0, colon));
    const std::string value(line.substr(colon + 2));
    if (!take_setting(header, key, value)) return bad_setting(key, value);
  }
  return {};
}

}  // namespace

std::optional<std::size_t> PandaHeader::find(const std::string& channel) const {
  const auto wanted = plain_name(channel);
  std::optional<std::size_t> by_block;
  bool several = false;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const std::string_view name = fields[i].name;
    if (plain_name(name) == wanted) return i;
    if (name.substr(0, name.rfind('.')) == wanted) {
      several = by_block.has_value();
      by_block = i;
    }
  }
  return several ? std::nullopt : by_block;
}

Result<PandaHeader, std::string> parse_panda_header(std::string_view lines) {
  PandaHeader header;
  auto failure = lines.starts_with("<") ? parse_xml(header, lines) : parse_plain(header, lines);
  if (!failure.empty()) return failure;
  if (header.fields.empty()) return std::string("it names no fields");
  std::size_t sum = 0;
  for (const auto& field : header.fields) sum += field.bytes();
  if (header.sample_bytes == 0) header.sample_bytes = sum;
  header.counted = header.process == Process::raw && header.sample_bytes == sum + 4;
  if (header.sample_bytes != sum && !header.counted)
    return "its samples have " + std::to_string(header.sample_bytes) + " bytes, their fields " +
           std::to_string(sum);
  return header;
}

}  // namespace ptero::positions
