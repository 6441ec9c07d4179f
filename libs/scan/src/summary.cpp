#include <ptero/scan/summary.hpp>

#include <fmt/format.h>

#include <limits>
#include <nlohmann/json.hpp>

#include <ptero/core/left_out.hpp>

namespace ptero::scan {

namespace {

/// JSON has no NaN: what could not be computed is null.
double number(const nlohmann::json& value) {
  return value.is_number() ? value.get<double>() : std::numeric_limits<double>::quiet_NaN();
}

/// Of the finished object; of the last epoch, measured before its updates, where that was not taken.
double final_error(const nlohmann::json& r) {
  const auto final = r.value("/final_amplitude_error"_json_pointer, nlohmann::json());
  return number(final.is_number() ? final : r["amplitude_error"].back());
}

std::string iterations_line(const nlohmann::json& r) {
  std::string line = fmt::format("{} iterations, amplitude error {:.3f} %",
                                 r["iterations"].get<std::uint64_t>(), 100 * final_error(r));
  if (const auto recoveries = r.value("recoveries", 0U); recoveries > 0)
    line += fmt::format(", diverged and went on {} times", recoveries);
  return line;
}

/// "143 of 144 selected frames, 1 left out: outlying position"
std::string frames_line(const nlohmann::json& frames) {
  std::string line = fmt::format("{} of {} selected frames", frames["in_image"].get<std::uint64_t>(),
                                 frames["selected"].get<std::uint64_t>());
  ImageFrames use;
  for (const LeftOut why : all_left_out)
    use[why] = frames["left_out"].value(std::string(name_of(why)), std::uint64_t{0});
  if (const auto waiting = frames["waiting"].get<std::uint64_t>(); waiting > 0)
    line += fmt::format(", {} waiting", waiting);
  if (const auto left_out = use.all_left_out_frames(); left_out > 0)
    line += fmt::format(", {} left out: {}", left_out, describe_left_out(use));
  return line;
}

/// " (63 frames have no position; ...)" where there are such.
std::string without_position(const nlohmann::json& report) {
  const auto frames = report.value("/ledger/unpositioned"_json_pointer, std::uint64_t{0});
  if (frames == 0) return {};
  return fmt::format(" ({} frames have no position; --positions says where they come from)", frames);
}

/// Frames came, and not one of them could be read: not even a region is left.
std::optional<std::string> none_usable(const nlohmann::json& report) {
  const auto frames = [&](const char* state) {
    return report.value(nlohmann::json::json_pointer(std::string("/ledger/") + state), std::uint64_t{0});
  };
  std::uint64_t usable = 0;
  for (const char* state : {"selected", "background", "excluded", "unpositioned", "pending", "not_taken"})
    usable += frames(state);
  const auto corrupt = frames("corrupt"), missing = frames("missing");
  if (usable > 0 || corrupt == 0) return std::nullopt;
  return fmt::format(
      "none of the {} frames can be used: {} cannot be read (damaged, or of a type, size or "
      "compression that is not supported), {} are missing",
      corrupt + missing, corrupt, missing);
}

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
  if (report.contains("ledger")) {
    line("ledger", ledger_line(report["ledger"]));
    if (const auto lost = report["ledger"].value("unpositioned", std::uint64_t{0}); lost > 0)
      line("problem",
           fmt::format("{} frames have no position and are in no image; --positions says where they "
                       "come from",
                       lost));
  }
  if (report.contains("roi")) {
    const auto& roi = report["roi"];
    std::string flags;
    for (const auto& flag : roi["flags"]) flags += fmt::format(", {}", flag.get<std::string>());
    if (const auto bad = roi.value("marked_bad", std::uint64_t{0}); bad > 0)
      line("left out", fmt::format("{} frames that a person marked bad", bad));
    line("region", fmt::format("{:.1f} % of the frames selected (mode {}, {} segments{})",
                               100 * number(roi["fraction"]), roi["mode"].get<std::string>(),
                               roi["segments"].get<int>(), flags));
  }
  if (report.contains("reconstruction")) {
    const auto& r = report["reconstruction"];
    if (r.value("problem", "") != "switched off") line("image", frames_line(r["frames"]));
    if (!r["amplitude_error"].empty()) line("reconstruction", iterations_line(r));
    if (!r["amplitude_error"].empty() && r.contains("verdict"))
      line("verdict",
           r["verdict"]["code"].get<std::string>() + ": " + r["verdict"]["sentence"].get<std::string>());
    if (r.contains("problem"))
      line(r["problem"] == "switched off" ? "reconstruction" : "problem", r["problem"].get<std::string>());
    if (r.contains("truth_problem")) line("truth", "not compared: " + r["truth_problem"].get<std::string>());
    if (!r["ssim_truth"].is_null())
      line("truth",
           fmt::format("SSIM {:.3f} of the phase in the area covered", r["ssim_truth"].get<double>()));
  }
  for (const auto& warning : report.value("warnings", nlohmann::json::array()))
    line("warning", warning["sentence"].get<std::string>());
  if (report.contains("latency_ms"))
    for (const auto& [name, l] : report["latency_ms"].items())
      if (number(l["max"]) > 0)  // else nothing was measured
        line("latency", fmt::format("{} p50 {:.2f} ms, p99 {:.2f} ms, max {:.2f} ms", name, number(l["p50"]),
                                    number(l["p99"]), number(l["max"])));
  if (report.contains("seconds") && report["seconds"].contains("total"))
    line("time", fmt::format("{:.1f} s", number(report["seconds"]["total"])));
  return out;
}

std::optional<std::string> why_failed(const std::string& json) {
  const auto report = nlohmann::json::parse(json);
  if (auto unusable = none_usable(report)) return unusable;
  if (!report.contains("reconstruction")) return std::nullopt;
  const auto& r = report["reconstruction"];
  const auto problem = r.value("problem", std::string{});
  if (problem == "switched off") return std::nullopt;
  const auto in_image = r["frames"]["in_image"].get<std::uint64_t>();
  const auto selected = r["frames"]["selected"].get<std::uint64_t>();
  if (in_image == 0 || r["amplitude_error"].empty())
    return "there is no image" + (problem.empty() ? "" : ": " + problem) +
           (selected == 0 ? without_position(report) : "");
  if (in_image * 2 >= selected) return std::nullopt;
  return problem;
}

}  // namespace ptero::scan
