#pragma once
// Door two of three: the world at start-up (files, configuration, sockets, foreign libraries).

#include <stdexcept>
#include <string>

namespace ptero {

/// What the user did or has wrong. `what()` reads "problem (why); hint" with the empty parts left out.
/// A program's main turns InputError into exit code 2, every other exception into exit code 1.
class Error : public std::runtime_error {
 public:
  /// problem: what failed and where; why: the reason reported by whoever refused; hint: what would be right.
  explicit Error(const std::string& problem, const std::string& why = {}, const std::string& hint = {});
};

/// Wrong arguments, configuration or input files: nothing was started, and repeating it cannot help.
class InputError : public Error {
 public:
  using Error::Error;
};

}  // namespace ptero
