#include <ptero/positions/panda_tcp.hpp>

#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>

#include "number_text.hpp"
#include "panda_header.hpp"

namespace ptero::positions {

static_assert(std::endian::native == std::endian::little, "samples are read as they lie");

namespace {

constexpr std::size_t longest_line = 64 * 1024;
constexpr std::size_t longest_header = 256 * 1024;
constexpr std::uint32_t longest_block = 256u << 20;

template <class T>
double read_as(const char* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof value);
  return static_cast<double>(value);
}

double read_field(FieldType type, const char* bytes) {
  switch (type) {
    case FieldType::uint32:
      return read_as<std::uint32_t>(bytes);
    case FieldType::int32:
      return read_as<std::int32_t>(bytes);
    case FieldType::int64:
      return read_as<std::int64_t>(bytes);
    case FieldType::float64:
      break;
  }
  return read_as<double>(bytes);
}

/// The bytes of one line of Base64; false for anything else.
bool decode_base64(std::string_view line, std::string& out) {
  std::uint32_t bits = 0;
  int held = 0;
  for (const char c : line) {
    int value = 0;
    if (c >= 'A' && c <= 'Z')
      value = c - 'A';
    else if (c >= 'a' && c <= 'z')
      value = c - 'a' + 26;
    else if (c >= '0' && c <= '9')
      value = c - '0' + 52;
    else if (c == '+')
      value = 62;
    else if (c == '/')
      value = 63;
    else if (c == '=' || c == ' ')
      continue;
    else
      return false;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    held += 6;
    if (held >= 8) {
      held -= 8;
      out += static_cast<char>(bits >> held & 0xff);
    }
  }
  return true;
}

}  // namespace

struct PandaTcpParser::State {
  enum class Stage : std::uint8_t { reply, header, tag, block, lines };

  explicit State(Channels names) : channels(std::move(names)) {}

  // Each step takes what it needs from `text` and returns false when more must come first.

  std::optional<std::string_view> take_line(std::size_t limit) {
    const auto end = text.find('\n');
    if (end == text.npos || end > limit) {
      if (text.size() > limit) fail("a line does not end");
      return std::nullopt;
    }
    const auto line = text.substr(0, end);
    text.remove_prefix(end + 1);
    return line;
  }

  bool take_reply() {
    const auto line = take_line(longest_line);
    if (!line) return false;
    if (!line->starts_with("OK")) return fail("it answers '" + std::string(line->substr(0, 80)) + "'");
    stage = Stage::header;
    return true;
  }

  bool take_header() {
    while (text.starts_with('\n')) text.remove_prefix(1);
    const auto end = text.find("\n\n");
    if (end == text.npos || end > longest_header)
      return text.size() > longest_header ? fail("its header does not end") : false;
    auto parsed = parse_panda_header(text.substr(0, end + 1));
    text.remove_prefix(end + 2);
    if (!parsed) return fail("its header cannot be read: " + parsed.reason());
    header = *std::move(parsed);
    if (!find_fields()) return false;
    next_index = header.missed;
    flush();
    events.push_back(StreamStart{header.arm_time, header.missed});
    stage = header.format == Format::framed ? Stage::tag : Stage::lines;
    return true;
  }

  bool find_fields() {
    const std::pair<const std::string&, std::optional<std::size_t>&> wanted[] = {
        {channels.x, x}, {channels.y, y}, {channels.monitor, monitor}, {channels.index, index}};
    for (const auto& [name, field] : wanted) {
      field.reset();
      if (name.empty()) continue;
      field = header.find(name);
      if (field) continue;
      std::string known;
      for (const auto& f : header.fields) known += (known.empty() ? "" : ", ") + f.name;
      return fail("it captures no " + name + ", but " + known);
    }
    divisor = header.find("PCAP.GATE_DURATION");
    return true;
  }

  bool take_tag() {
    if (text.size() < 8) return false;
    if (text.starts_with("BIN ")) {
      const auto length = static_cast<std::uint32_t>(read_as<std::uint32_t>(text.data() + 4));
      if (length < 8 || length > longest_block || (length - 8) % header.sample_bytes != 0)
        return fail("a block of " + std::to_string(length) + " bytes does not hold whole samples of " +
                    std::to_string(header.sample_bytes));
      left_in_block = length - 8;
      text.remove_prefix(8);
      stage = Stage::block;
      return true;
    }
    if (!text.starts_with("END ")) return fail("neither a block nor the end comes where one is due");
    const auto line = take_line(longest_line);
    if (!line) return false;
    return end_of_arm(*line);
  }

  bool take_block() {
    while (left_in_block > 0) {
      if (text.size() < header.sample_bytes) return false;
      take_binary_sample(text.data());
      text.remove_prefix(header.sample_bytes);
      left_in_block -= header.sample_bytes;
    }
    stage = Stage::tag;
    return true;
  }

  bool take_text() {
    const auto line = take_line(longest_line);
    if (!line) return false;
    if (line->starts_with("END ")) return end_of_arm(*line);
    if (header.format == Format::ascii) return take_ascii_sample(*line);
    if (!decode_base64(*line, decoded)) return fail("a line is no Base64");
    std::size_t taken = 0;
    for (; decoded.size() - taken >= header.sample_bytes; taken += header.sample_bytes)
      take_binary_sample(decoded.data() + taken);
    decoded.erase(0, taken);
    return true;
  }

  void take_binary_sample(const char* bytes) {
    values.clear();
    const double count = header.counted ? read_as<std::uint32_t>(bytes) : 0;
    if (header.counted) bytes += 4;
    for (const auto& field : header.fields) {
      values.push_back(read_field(field.type, bytes));
      bytes += field.bytes();
    }
    take_values(count);
  }

  bool take_ascii_sample(std::string_view line) {
    values.clear();
    while (!line.empty()) {
      const auto end = std::min(line.find(' '), line.size());
      if (end > 0) {
        const auto value = number_in(line.substr(0, end));
        if (!value)
          return fail("'" + std::string(line.substr(0, std::min<std::size_t>(end, 40))) + "' is no number");
        values.push_back(*value);
      }
      line.remove_prefix(std::min(end + 1, line.size()));
    }
    if (values.size() != header.fields.size())
      return fail("a sample has " + std::to_string(values.size()) + " values, not " +
                  std::to_string(header.fields.size()));
    take_values(0);
    return true;
  }

  /// The field in its own unit. ticks: length of the gate where the sample itself says it.
  double value_of(std::size_t field, double ticks) const {
    const Field& f = header.fields[field];
    double value = values[field];
    if (header.process == Process::scaled) return value;
    if (header.process == Process::raw && f.mean) {
      // A raw mean is the sum over the gate's clock ticks.
      if (divisor) ticks = values[*divisor];
      if (ticks > 0) value /= ticks;
    }
    return value * f.scale + f.offset;
  }

  void take_values(double ticks) {
    Sample sample{next_index++, x ? value_of(*x, ticks) : 0, y ? value_of(*y, ticks) : 0};
    if (monitor) sample.monitor = value_of(*monitor, ticks);
    if (index) {
      const auto trigger = count_in(value_of(*index, ticks));
      if (!trigger) {
        ++pending.unusable;
        return;
      }
      sample.index = *trigger;
    }
    pending.samples.push_back(sample);
  }

  /// "END SAMPLES REASON"
  bool end_of_arm(std::string_view line) {
    line.remove_prefix(4);
    const auto blank = line.find(' ');
    const std::string reason(blank == line.npos ? std::string_view() : line.substr(blank + 1));
    flush();
    events.push_back(StreamStop{reason == "Ok" || reason == "Disarmed", reason});
    decoded.clear();
    stage = Stage::header;
    return true;
  }

  void flush() {
    if (pending.samples.empty() && pending.unusable == 0) return;
    events.push_back(std::move(pending));
    pending = {};
  }

  bool fail(std::string why) {
    if (failure.empty()) failure = std::move(why);
    return false;
  }

  bool step() {
    switch (stage) {
      case Stage::reply:
        return take_reply();
      case Stage::header:
        return take_header();
      case Stage::tag:
        return take_tag();
      case Stage::block:
        return take_block();
      case Stage::lines:
        break;
    }
    return take_text();
  }

  Channels channels;
  Stage stage = Stage::reply;
  PandaHeader header;
  std::optional<std::size_t> x, y, monitor, index, divisor;
  std::uint64_t next_index = 0;
  std::size_t left_in_block = 0;
  std::string carried;    ///< bytes of something unfinished
  std::string_view text;  ///< not taken yet, while feed runs
  std::string decoded;    ///< Base64: of an unfinished sample
  std::vector<double> values;
  StreamSamples pending;
  std::vector<StreamEvent> events;
  std::string failure;
};

PandaTcpParser::PandaTcpParser(Channels channels) : state_(std::make_unique<State>(std::move(channels))) {}
PandaTcpParser::~PandaTcpParser() = default;
PandaTcpParser::PandaTcpParser(PandaTcpParser&&) noexcept = default;
PandaTcpParser& PandaTcpParser::operator=(PandaTcpParser&&) noexcept = default;

Result<std::vector<StreamEvent>, std::string> PandaTcpParser::feed(std::span<const std::byte> bytes) {
  State& s = *state_;
  if (!s.failure.empty()) return s.failure;
  s.carried.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  s.text = s.carried;
  while (s.failure.empty() && s.step()) {
  }
  s.carried.erase(0, s.carried.size() - s.text.size());
  s.text = {};
  if (!s.failure.empty()) return s.failure;
  s.flush();
  return std::exchange(s.events, {});
}

}  // namespace ptero::positions
