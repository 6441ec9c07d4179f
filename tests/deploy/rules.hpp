#pragma once

#include <gtest/gtest.h>

#include <regex>
#include <set>
#include <string>

#include "support/program.hpp"
#include "support/scratch.hpp"

namespace ptero::test {

inline const std::string rules_file = "deploy/prometheus/ptero_alerts.yml";

inline bool has_program(const std::string& name) {
  return std::system(("command -v " + name + " >/dev/null").c_str()) == 0;
}

/// Whatever the pattern's first group finds.
inline std::set<std::string> all_of(const std::string& text, const std::string& pattern) {
  const std::regex regex(pattern);
  std::set<std::string> found;
  for (std::sregex_iterator it(text.begin(), text.end(), regex), end; it != end; ++it) found.insert((*it)[1]);
  return found;
}

/// Names of ptero's metrics in a text, the endings of histograms left out.
inline std::set<std::string> metrics_in(const std::string& text) {
  std::set<std::string> names;
  for (const std::string& name : all_of(text, "(ptero_[a-z0-9_]+)"))
    names.insert(std::regex_replace(name, std::regex("_(bucket|sum|count)$"), ""));
  return names;
}

}  // namespace ptero::test

#define SKIP_WITHOUT_PROGRAM(name) \
  if (!::ptero::test::has_program(name)) GTEST_SKIP() << "there is no " << name << " (Debian: prometheus)"
