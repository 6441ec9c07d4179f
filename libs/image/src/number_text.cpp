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
  return number_text_beside(value, value, significant);
}

std::string number_text_beside(double largest, double value, int significant) {
  if (value == 0) return "0";
  const double scale = std::abs(largest);
  const bool plain = scale == 0 || (scale >= 1e-3 && scale < 1e6);
  char digits[400];
  // Rounded first: 9.999e6 to three digits is 10^7.
  std::snprintf(digits, sizeof digits, "%.*e", significant - 1, scale);
  const int exponent = plain ? 0 : std::stoi(std::string(digits).substr(std::string(digits).find('e') + 1));
  std::snprintf(digits, sizeof digits, "%.*e", significant - 1, std::abs(value));
  const int own = std::stoi(std::string(digits).substr(std::string(digits).find('e') + 1));
  const int decimals = std::max(0, significant - 1 - own + exponent);
  std::snprintf(digits, sizeof digits, "%.*f", std::min(decimals, 40),
                exponent == 0 ? value : value / std::pow(10, exponent));
  std::string mantissa = digits;
  strip_zeros(mantissa);
  if (exponent == 0) return mantissa;
  const std::string power = power_of_ten(exponent);
  return mantissa == "1" ? power : mantissa == "-1" ? "-" + power : mantissa + "×" + power;
}

}  // namespace ptero::image
