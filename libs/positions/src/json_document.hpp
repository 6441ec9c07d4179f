#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <ptero/core/result.hpp>

namespace ptero::positions {

/// The little of a JSON message that matters: strings and numbers by path ("datasets/INENC1.VAL/data"), of
/// those paths that are wanted. Names are plain (channel_name.hpp).
struct JsonDocument {
  std::unordered_map<std::string, std::string> texts;
  std::unordered_map<std::string, std::vector<double>> numbers;  ///< null: NaN

  std::string text(const std::string& path) const;
  std::optional<double> number(const std::string& path) const;
  /// nullptr: not there.
  const std::vector<double>* list(const std::string& path) const;
};

/// Reads one JSON object without building a tree: what is not wanted is skipped, nesting beyond eight levels
/// is refused, and a list never holds more numbers than the text has characters. Failure: a sentence.
Result<JsonDocument, std::string> read_json(std::string_view text, const std::vector<std::string>& wanted);

}  // namespace ptero::positions
