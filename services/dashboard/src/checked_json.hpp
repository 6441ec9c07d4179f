#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace ptero::dashboard {

/// JSON that somebody else wrote. `problem` in words, else empty. Refused is what does not end where the text
/// does, an object that has a key twice (readers differ in which one counts), and what is nested so deeply
/// that writing it would overflow the stack.
struct CheckedJson {
  nlohmann::json value;
  std::string problem;
};
CheckedJson checked_json(std::string_view text);

}  // namespace ptero::dashboard
