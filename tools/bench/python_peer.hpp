#pragma once

#include <string>
#include <vector>

namespace ptero::tools {

/// The numbers a Python script prints, with its arguments in sys.argv; empty where there is no Python that
/// can run it. One thread: a benchmark compares cores, not machines.
std::vector<double> ask_python(const std::string& script, const std::vector<std::string>& arguments);

}  // namespace ptero::tools
