#include <gtest/gtest.h>

#include "bench/live_scan.hpp"

#include "support/scratch.hpp"

namespace ptero::test {
namespace {

/// 15 x 20 nanosheet patterns of 64 x 64; the detector waits at a quarter until they have been iterated on,
/// so that a busy machine shows the same as an idle one.
tools::LiveScanOptions short_scan(const std::filesystem::path& out) {
  tools::LiveScanOptions options;
  auto& sim = options.simulation;
  sim.grid = {15, 20, 0.2e-6, 0.2e-6, ScanOrder::snake};
  sim.pattern = 64;
  sim.zone_plate.outer_zone_width_m = 70e-9;
  sim.sample_coverage = 0.9;
  options.solver.defocus_m = sim.zone_plate.defocus_m;
  options.solver.frc_epochs = 0;
  options.snapshot_every_s = 0.1;
  options.watch_s = 1e6;
  options.out = out;
  options.seen_enough = [](const wire::SnapshotEvent& event) {
    return event.frames_used >= 75 && event.iteration >= 30;
  };
  return options;
}

TEST(LiveScan, ShowsAtAQuarterWhatTheFinalPictureShowsAndEndsAsGoodAsABatch) {
  Scratch scratch;
  const auto result = tools::run_live_scan(short_scan(scratch / "out"));
  EXPECT_EQ(result.frames, 300u);
  EXPECT_EQ(result.used, 300u);
  EXPECT_EQ(result.quarter.event.frames_used, 75u);
  EXPECT_GT(result.ssim_quarter, 0.8);
  EXPECT_LT(result.error_live, 1.02 * result.error_batch);
  EXPECT_GT(result.ssim_truth, 0.95);
  EXPECT_GT(result.error_live, 0);
  EXPECT_GT(result.age_p99_ms, 0);
}

}  // namespace
}  // namespace ptero::test
