#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace ptero::config::detail {

/// Insertions, deletions, substitutions and swaps of neighbours that turn a into b.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// "did you mean 'source'?" when a candidate is near, else "<list_intro> a, b, c"; names already in brackets
/// get no quotes.
std::string suggestion(std::string_view typo, const std::vector<std::string>& candidates,
                       const std::string& list_intro);

/// "a, b, c", or "none"
std::string joined(const std::vector<std::string>& words);

}  // namespace ptero::config::detail
