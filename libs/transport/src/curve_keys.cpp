#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <ptero/core/error.hpp>
#include <ptero/transport/curve_keys.hpp>
#include <string_view>

namespace ptero::transport {

namespace {

constexpr std::size_t key_length = 40;

bool is_key(std::string_view text) {
  constexpr std::string_view z85 =
      "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";
  return text.size() == key_length &&
         std::all_of(text.begin(), text.end(), [&](char c) { return z85.find(c) != z85.npos; });
}

std::string_view trimmed(std::string_view text) {
  constexpr const char* blank = " \t\r\n";
  const auto first = text.find_first_not_of(blank);
  return first == text.npos ? std::string_view()
                            : text.substr(first, text.find_last_not_of(blank) - first + 1);
}

/// What stands in quotes behind `name`.
std::string_view quoted_behind(std::string_view text, std::string_view name) {
  const auto at = text.find(name);
  const auto open = at == text.npos ? at : text.find('"', at);
  return open == text.npos ? std::string_view() : text.substr(open + 1, key_length);
}

}  // namespace

std::string read_curve_key(const std::string& path, CurveHalf half) {
  std::ifstream in(path);
  if (!in) throw InputError("cannot read the key " + path, std::strerror(errno));
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  const char* name = half == CurveHalf::of_secret ? "secret-key" : "public-key";
  for (const auto found : {trimmed(text), quoted_behind(text, name)})
    if (is_key(found)) return std::string(found);
  throw InputError("there is no " + std::string(name) + " in " + path, "",
                   "a key has 40 characters of Z85, alone in its file or in a certificate of pyzmq");
}

}  // namespace ptero::transport
