#include <ptero/core/error.hpp>

namespace ptero {

namespace {
std::string sentence(const std::string& problem, const std::string& why, const std::string& hint) {
  std::string text = problem;
  if (!why.empty()) text += " (" + why + ")";
  if (!hint.empty()) text += "; " + hint;
  return text;
}
}  // namespace

Error::Error(const std::string& problem, const std::string& why, const std::string& hint)
    : std::runtime_error(sentence(problem, why, hint)) {}

}  // namespace ptero
