#include "utf8.hpp"

#include <bit>
#include <cstddef>

namespace ptero::wire {

std::optional<char32_t> take_code_point(std::string_view& text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto ones = static_cast<std::size_t>(std::countl_one(byte(0)));
  const std::size_t size = ones == 0 ? 1 : ones;
  if (ones == 1 || size > 4 || size > text.size()) return {};
  char32_t point = ones == 0 ? byte(0) : byte(0) & (0x7fu >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {};
    point = point << 6 | (byte(i) & 0x3fu);
  }
  constexpr char32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  if (point < least[size] || point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) return {};
  text.remove_prefix(size);
  return point;
}

}  // namespace ptero::wire
