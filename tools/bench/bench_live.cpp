// Question: how much of a scan does one see while it runs, and how much is missing when it has ended?
// Answer: a simulated scan of 2,000 frames of 128 x 128 at 200 Hz goes over TCP through ingest, classifier
// and reconstructor, all threads in this process, none told more than a beamline would tell. When a quarter
// of the frames has been sent, the phase of the newest picture is compared (SSIM, aligned, inside the area it
// covers) with the final one: goal 0.5. The error of the picture 30 s after the last frame is compared with
// that of a batch reconstruction of the same frames: goal, within 2 %. What other programs take from the
// machine meanwhile is said with the figures.

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <iostream>

#include <ptero/image/picture.hpp>
#include <ptero/image/render.hpp>
#include <ptero/runtime/on_exit.hpp>
#include <ptero/telemetry/log.hpp>

#include "bench/bench.hpp"
#include "bench/live_scan.hpp"

namespace ptero::tools {

namespace {

constexpr double least_ssim = 0.5;
constexpr double most_excess = 0.02;

/// The sample fills the field: the first rows already have something to show.
LiveScanOptions scan_of(const LiveBenchOptions& bench, const std::filesystem::path& out) {
  LiveScanOptions options;
  auto& sim = options.simulation;
  sim.grid = {40, 50, 0.15e-6, 0.15e-6, ScanOrder::snake};
  sim.sample_coverage = 0.9;
  sim.seed = bench.seed;
  options.rate_hz = bench.rate_hz;
  options.select_all = !bench.roi;
  options.solver.defocus_m = sim.zone_plate.defocus_m;
  options.solver.frc_epochs = 0;
  options.out = out;
  return options;
}

void print(const LiveScanResult& r, std::ostream& out) {
  const auto verdict = [](bool reached) { return reached ? "reached" : "missed"; };
  const double excess = r.error_live / r.error_batch - 1;
  out << fmt::format("{} frames, {} of them in the picture\n", r.frames, r.used)
      << fmt::format(
             "at a quarter of the frames   SSIM {:.3f} against the final phase (goal {}, {}); {} frames, "
             "iteration {}\n",
             r.ssim_quarter, least_ssim, verdict(r.ssim_quarter >= least_ssim), r.quarter.event.frames_used,
             r.epochs_at_quarter)
      << fmt::format(
             "{:4.1f} s after the last         amplitude error {:.4f} % in {} iterations; batch {:.4f} % in "
             "{}: "
             "{:+.2f} % (goal {:.0f} %, {})\n",
             r.seconds_after_last, 100 * r.error_live, r.epochs_live, 100 * r.error_batch, r.epochs_batch,
             100 * excess, 100 * most_excess, verdict(excess <= most_excess))
      << fmt::format("frames to snapshot           p50 {:.0f} ms, p99 {:.0f} ms\n", r.age_p50_ms,
                     r.age_p99_ms)
      << fmt::format("iterations                   {} when the last frame came; ended {:.1f} s after it\n",
                     r.epochs_at_last, r.seconds_to_end)
      << fmt::format("final picture                SSIM {:.3f} against the truth\n", r.ssim_truth)
      << fmt::format(
             "processors while frames came {:.2f} of {:.0f} for all of this, {:.2f} for other programs; "
             "iterating {:.0f} % of the time to the end\n",
             r.processor.own, r.processor.available, r.processor.others, 100 * r.solving_share);
}

void write_picture(const LiveScanResult& r, const std::filesystem::path& file) {
  image::MapOptions look;
  look.title = fmt::format("{} of {} frames", r.quarter.event.frames_used, r.frames);
  look.unit = "rad";
  look.colours = image::ColourMap::grey;
  look.pixel_x_m = r.quarter.event.pixel_m;
  image::write_picture(file, image::render_map(image::phase_of(r.quarter.object), look));
}

}  // namespace

int bench_live(const LiveBenchOptions& bench, std::ostream& out) {
  const bool keep = !bench.out.empty();
  const std::filesystem::path folder =
      keep ? std::filesystem::path(bench.out)
           : std::filesystem::temp_directory_path() / ("ptero-bench-" + std::to_string(::getpid()));
  const runtime::OnExit remove([&] {
    std::error_code ignored;
    if (!keep) std::filesystem::remove_all(folder, ignored);
  });
  telemetry::init_logging({.level = telemetry::LogLevel::warning});
  const auto result = run_live_scan(scan_of(bench, folder));
  print(result, out);
  if (keep) write_picture(result, folder / "quarter.png");
  const bool reached =
      result.ssim_quarter >= least_ssim && result.error_live <= (1 + most_excess) * result.error_batch;
  return reached ? 0 : 1;
}

}  // namespace ptero::tools
