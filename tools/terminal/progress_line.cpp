#include "terminal/progress_line.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <iostream>

#include <ptero/runtime/clock.hpp>

namespace ptero::tools {

ProgressLine::ProgressLine() : terminal_(isatty(STDERR_FILENO) == 1) {}

ProgressLine::~ProgressLine() {
  if (terminal_ && !last_.empty()) std::cerr << "\n";
}

void ProgressLine::show(const std::string& full_text) {
  std::string text = full_text;
  // A line that wraps cannot rewrite itself.
  if (winsize size{}; terminal_ && ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1)
    text = text.substr(0, size.ws_col - 1U);
  if (text == last_) return;
  const auto now = runtime::steady_now_ns();
  if (terminal_) {
    // Blanks wipe what a longer line before left behind.
    std::cerr << "\r" << text << std::string(last_.size() > text.size() ? last_.size() - text.size() : 0, ' ')
              << std::flush;
  } else {
    if (now - last_ns_ < 1'000'000'000) return;
    last_ns_ = now;
    std::cerr << text << "\n";
  }
  last_ = text;
}

std::string bar(double share, int width) {
  const int full = static_cast<int>(std::clamp(share, 0.0, 1.0) * width);
  return "[" + std::string(static_cast<std::size_t>(full), '#') +
         std::string(static_cast<std::size_t>(width - full), '-') + "]";
}

}  // namespace ptero::tools
