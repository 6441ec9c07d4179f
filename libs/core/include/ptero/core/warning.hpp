#pragma once

#include <string>
#include <vector>

namespace ptero {

/// What is suspected of data or settings without being sure: the result stands, and a person should know.
struct Warning {
  std::string code;      ///< what programs go by: lower_snake, never changed once it is out
  std::string sentence;  ///< for people: problem (why); hint

  friend bool operator==(const Warning&, const Warning&) = default;
};

using Warnings = std::vector<Warning>;

/// Appends those of `more` that are not there yet: several parts of a run may suspect the same.
void merge(Warnings& into, const Warnings& more);

}  // namespace ptero
