#pragma once

#include <optional>
#include <string_view>

namespace ptero::wire {

/// Takes the first code point off `text`, which is not empty. nullopt: not UTF-8 (RFC 3629: no overlong form,
/// no surrogate, nothing above U+10FFFF); `text` is then left as it is.
std::optional<char32_t> take_code_point(std::string_view& text);

}  // namespace ptero::wire
