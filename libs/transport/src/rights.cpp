#include <ptero/transport/rights.hpp>

namespace ptero::transport {

std::string_view name_of(Right right) {
  switch (right) {
    case Right::watch:
      return "watch";
    case Right::take:
      return "take";
    case Right::deliver:
      return "deliver";
    case Right::ask:
      break;
  }
  return "ask";
}

std::optional<Right> right_of(std::string_view name) {
  for (const Right right : all_rights)
    if (name == name_of(right)) return right;
  return std::nullopt;
}

std::string words_of(Rights rights) {
  std::string words;
  for (const Right right : all_rights)
    if (rights.has(right)) words.append(words.empty() ? "" : " ").append(name_of(right));
  return words;
}

Rights rights_in(std::string_view words) {
  Rights rights;
  while (!words.empty()) {
    const auto end = words.find(' ');
    if (const auto right = right_of(words.substr(0, end))) rights.add(*right);
    words = end == words.npos ? std::string_view() : words.substr(end + 1);
  }
  return rights;
}

}  // namespace ptero::transport
