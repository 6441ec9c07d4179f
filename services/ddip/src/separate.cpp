#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <ptero/core/error.hpp>
#include <ptero/services/ddip/separation_outputs.hpp>

#include <ptero/services/ddip/commands.hpp>

namespace ptero::ddip {

namespace {

namespace fs = std::filesystem;

volatile std::sig_atomic_t interrupted = 0;

/// A line that rewrites itself on a terminal, else one line a second.
class Line {
 public:
  ~Line() {
    if (terminal_) std::cerr << "\n";
  }
  void show(const std::string& text) {
    const auto now = std::chrono::steady_clock::now();
    if (!terminal_ && now - last_ < std::chrono::seconds(1)) return;
    last_ = now;
    std::cerr << (terminal_ ? "\r\033[K" : "") << text << (terminal_ ? "" : "\n") << std::flush;
  }

 private:
  bool terminal_ = isatty(STDERR_FILENO) == 1;
  std::chrono::steady_clock::time_point last_{};
};

std::string described(const Progress& p, std::size_t runs) {
  const double each = p.epoch > 0 ? p.seconds / static_cast<double>(p.epoch) : 0;
  std::string text = runs > 1 ? fmt::format("run {} of {}, ", p.run + 1, runs) : std::string();
  text += fmt::format("epoch {} of {} at most, {:.2f} s each, mismatch {:.2e}, exclusion {:.2e}, own shares",
                      p.epoch, p.epochs, each, p.losses.data, p.losses.exclusion);
  for (std::size_t i = 0; i < p.mixing.rows(); ++i) text += fmt::format(" {:.2f}", p.mixing(i, i));
  return text;
}

/// The temporary name first, so that a state is old or new, never half.
void save_state(const Separation& separation, const fs::path& path) {
  const fs::path half = path.string() + ".part";
  std::ofstream out(half, std::ios::binary);
  separation.save(out);
  out.close();
  if (!out) throw Error("cannot write the state " + path.string());
  fs::rename(half, path);
}

Ensemble run_one(const SeparateArguments& a, const GivenSlices& given, const Observer& observer,
                 std::stop_token stop) {
  Separation separation(given.phases, a.options);
  if (!a.state.empty() && fs::exists(a.state)) {
    std::ifstream in(a.state, std::ios::binary);
    separation.restore(in);
  }
  Ensemble ensemble;
  ensemble.runs.push_back(run(separation, given.phases, a.run, observer, stop));
  summarise(ensemble);
  if (!a.state.empty()) save_state(separation, a.state);
  return ensemble;
}

}  // namespace

int separate(const SeparateArguments& a) {
  const GivenSlices given = read_slices(a.inputs);
  prepare(given.phases);  // refuses before anything is made
  if (const Window& part = given.window; part.shape != given.whole)
    std::cerr << fmt::format(
        "ptero ddip: cropped from {} x {} to {} x {} pixels, rows from {}, columns from {}: there every "
        "slice "
        "is lit\n",
        given.whole.rows, given.whole.cols, part.shape.rows, part.shape.cols, part.top, part.left);
  fs::create_directories(a.out);
  std::signal(SIGINT, [](int) { interrupted = 1; });
  std::signal(SIGTERM, [](int) { interrupted = 1; });
  std::stop_source stop;
  const auto began = std::chrono::steady_clock::now();
  Ensemble ensemble;
  {
    Line line;
    const auto observer = [&](const Progress& progress) {
      if (interrupted) stop.request_stop();
      line.show(described(progress, a.runs));
      write_progress(a.out, given, progress.slices, described(progress, a.runs));
      for (const std::string& alarm : progress.alarms) line.show(alarm);
    };
    ensemble = a.runs > 1 ? run_ensemble(given.phases, a.options, a.run, a.runs, observer, stop.get_token())
                          : run_one(a, given, observer, stop.get_token());
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  write_separation(a.out, given, ensemble);
  const std::string report = separation_report(a.options, a.run, given, ensemble, seconds);
  std::ofstream(fs::path(a.out) / "report.json") << report << "\n";
  if (a.json) std::cout << report << "\n";
  bool sound = true;
  for (const Outcome& one : ensemble.runs) {
    if (!a.json)
      std::cout << fmt::format("{} after {} epochs, image of epoch {}, {:.1f} s\n", name_of(one.end),
                               one.epochs, one.epoch, seconds);
    for (const std::string& alarm : one.alarms) std::cerr << "ptero ddip: " << alarm << "\n";
    sound = sound && one.end != End::diverged;
  }
  if (!a.json) std::cout << "in " << a.out << ": slices.png, slice1.tiff, report.json\n";
  return sound ? 0 : 1;
}

}  // namespace ptero::ddip
