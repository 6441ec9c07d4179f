#include "progress.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>

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

namespace {

std::string ledger_line(const nlohmann::json& ledger) {
  std::string line;
  std::uint64_t total = 0;
  for (const auto& [state, count] : ledger.items()) {
    total += count.get<std::uint64_t>();
    if (count.get<std::uint64_t>() > 0) line += fmt::format("{} {}, ", count.get<std::uint64_t>(), state);
  }
  return fmt::format("{}of {} frames", line, total);
}

}  // namespace

std::string summary(const std::string& json) {
  const auto report = nlohmann::json::parse(json);
  std::string out;
  const auto line = [&](const std::string& name, const std::string& text) {
    out += fmt::format("  {:<16} {}\n", name, text);
  };
  if (report.contains("ledger")) line("ledger", ledger_line(report["ledger"]));
  if (report.contains("roi")) {
    const auto& roi = report["roi"];
    std::string flags;
    for (const auto& flag : roi["flags"]) flags += fmt::format(", {}", flag.get<std::string>());
    line("region", fmt::format("{:.1f} % of the frames selected (mode {}, {} segments{})",
                               100 * roi["fraction"].get<double>(), roi["mode"].get<std::string>(),
                               roi["segments"].get<int>(), flags));
  }
  if (report.contains("reconstruction")) {
    const auto& r = report["reconstruction"];
    if (r.contains("problem")) line("reconstruction", "none: " + r["problem"].get<std::string>());
    const auto& errors = r["amplitude_error"];
    if (!errors.empty())
      line("reconstruction",
           fmt::format("{} frames, {} iterations, amplitude error {:.3f} %", r["frames"].get<std::uint64_t>(),
                       r["iterations"].get<std::uint64_t>(), 100 * errors.back().get<double>()));
    if (!r["ssim_truth"].is_null())
      line("truth",
           fmt::format("SSIM {:.3f} of the phase in the area covered", r["ssim_truth"].get<double>()));
  }
  if (report.contains("latency_ms"))
    for (const auto& [name, l] : report["latency_ms"].items())
      line("latency", fmt::format("{} p50 {:.2f} ms, p99 {:.2f} ms, max {:.2f} ms", name,
                                  l["p50"].get<double>(), l["p99"].get<double>(), l["max"].get<double>()));
  if (report.contains("seconds") && report["seconds"].contains("total"))
    line("time", fmt::format("{:.1f} s", report["seconds"]["total"].get<double>()));
  return out;
}

}  // namespace ptero::tools
