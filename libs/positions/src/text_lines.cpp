#include "text_lines.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace ptero::positions {

namespace {

void append_utf8(std::string& out, std::uint32_t code) {
  const auto put = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | code >> 6);
    put(0x80 | (code & 0x3F));
  } else {
    put(0xE0 | code >> 12);
    put(0x80 | (code >> 6 & 0x3F));
    put(0x80 | (code & 0x3F));
  }
}

/// Characters outside the first plane name no column and make no number: each half becomes a question mark.
std::string from_utf16(std::string_view bytes, bool big_endian) {
  std::string out;
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) {
    const auto first = static_cast<std::uint8_t>(bytes[i]);
    const auto second = static_cast<std::uint8_t>(bytes[i + 1]);
    const std::uint32_t code = big_endian ? first << 8 | second : second << 8 | first;
    append_utf8(out, code >= 0xD800 && code < 0xE000 ? std::uint32_t{'?'} : code);
  }
  return out;
}

std::string as_utf8(std::string_view bytes) {
  if (bytes.starts_with("\xEF\xBB\xBF")) return std::string(bytes.substr(3));
  if (bytes.starts_with("\xFF\xFE")) return from_utf16(bytes.substr(2), false);
  if (bytes.starts_with("\xFE\xFF")) return from_utf16(bytes.substr(2), true);
  // A table is nearly all ASCII: in UTF-16 every other byte of it is zero.
  std::array<std::size_t, 2> zeros{};
  const std::size_t looked_at = std::min<std::size_t>(bytes.size(), 256);
  for (std::size_t i = 0; i < looked_at; ++i) zeros[i % 2] += bytes[i] == '\0' ? 1 : 0;
  if (zeros[1] > looked_at / 4 && zeros[0] == 0) return from_utf16(bytes, false);
  if (zeros[0] > looked_at / 4 && zeros[1] == 0) return from_utf16(bytes, true);
  return std::string(bytes);
}

}  // namespace

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\v\f";
  const auto begin = text.find_first_not_of(blanks);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(blanks) + 1 - begin);
}

std::string lower_case(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

std::vector<TextLine> lines_of(std::string_view bytes) {
  const std::string whole = as_utf8(bytes);
  std::string_view rest = whole;
  std::vector<TextLine> lines;
  for (std::size_t number = 1; !rest.empty(); ++number) {
    const auto end = std::min(rest.find_first_of("\r\n"), rest.size());
    std::string_view text = rest.substr(0, end);
    const std::size_t mark = rest.substr(end).starts_with("\r\n") ? 2 : 1;
    rest.remove_prefix(std::min(end + mark, rest.size()));
    const std::string_view bare = trimmed(text);
    if (bare.empty()) continue;
    TextLine line{.number = number, .comment = false, .text = std::string(text)};
    for (const std::string_view sign : {"#", "%", "!", "//"}) {
      // "#N/A" is how a spreadsheet spells a missing value.
      if (line.comment || !bare.starts_with(sign) || lower_case(bare).starts_with("#n/a")) continue;
      line.comment = true;
      line.text = trimmed(bare.substr(std::min(bare.find_first_not_of(sign.front()), bare.size())));
    }
    if (!line.text.empty()) lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace ptero::positions
