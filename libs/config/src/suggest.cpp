#include "suggest.hpp"

#include <algorithm>

namespace ptero::config::detail {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  // Optimal string alignment; row r holds the distances of a's first r letters to every prefix of b.
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i)
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substitution = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, substitution});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
    }
  return d[a.size()][b.size()];
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : ", ") + word;
  return text.empty() ? "none" : text;
}

std::string suggestion(std::string_view typo, const std::vector<std::string>& candidates,
                       const std::string& list_intro) {
  const std::string* nearest = nullptr;
  std::size_t best = std::max<std::size_t>(2, typo.size() / 3) + 1;
  for (const auto& candidate : candidates) {
    const std::size_t distance = edit_distance(typo, candidate);
    if (distance >= best || distance >= candidate.size()) continue;
    best = distance;
    nearest = &candidate;
  }
  if (!nearest) return list_intro + " " + joined(candidates);
  return nearest->starts_with('[') ? "did you mean " + *nearest + "?" : "did you mean '" + *nearest + "'?";
}

}  // namespace ptero::config::detail
