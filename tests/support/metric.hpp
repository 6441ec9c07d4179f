#pragma once

#include <sstream>
#include <string>

namespace ptero::test {

/// The sum of a metric over its labels, of those whose line contains `label`; 0 when it is not there.
inline double metric(const std::string& page, const std::string& name, const std::string& label = {}) {
  double sum = 0;
  std::istringstream lines(page);
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with(name + "{") && line.find(label) != std::string::npos)
      sum += std::stod(line.substr(line.rfind(' ')));
  return sum;
}

}  // namespace ptero::test
