#pragma once

#include <cstdint>
#include <string>

namespace ptero::tools {

/// Progress on stderr: a line that rewrites itself on a terminal, else one line a second.
class ProgressLine {
 public:
  ProgressLine();
  /// Ends the line.
  ~ProgressLine();
  void show(const std::string& text);

 private:
  bool terminal_;
  std::int64_t last_ns_ = 0;
  std::string last_;
};

/// "[######------]", `width` cells.
std::string bar(double share, int width = 20);

}  // namespace ptero::tools
