#include "number_text.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace ptero::image {

namespace {
void strip_zeros(std::string& text) {
  if (text.find('.') == std::string::npos) return;
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
}

std::string power_of_ten(int exponent) {
  constexpr const char* raised[] = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
  std::string text = "10";
  for (const char c : std::to_string(exponent)) text += c == '-' ? "⁻" : raised[c - '0'];
  return text;
}
}  // namespace

std::string number_text(double value, int significant) {
  if (value == 0) return "0";
  char digits[48];
  const double size = std::abs(value);
  if (size >= 1e-3 && size < 1e6) {
    const int decimals = std::max(0, significant - 1 - static_cast<int>(std::floor(std::log10(size))));
    std::snprintf(digits, sizeof digits, "%.*f", decimals, value);
    std::string text = digits;
    strip_zeros(text);
    return text;
  }
  std::snprintf(digits, sizeof digits, "%.*e", significant - 1, value);
  const std::string text = digits;
  const auto e = text.find('e');
  std::string mantissa = text.substr(0, e);
  strip_zeros(mantissa);
  const std::string power = power_of_ten(std::stoi(text.substr(e + 1)));
  return mantissa == "1" ? power : mantissa == "-1" ? "-" + power : mantissa + "×" + power;
}

}  // namespace ptero::image
