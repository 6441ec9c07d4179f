#include <gtest/gtest.h>

#include <cmath>
#include <ptero/scan/plausible.hpp>

#include "support/scratch.hpp"

namespace ptero::scan {
namespace {

std::string code_of(const ScanQuantities& quantities) {
  const auto judgement = judge(quantities);
  if (!judgement.refused.empty()) return "refused";
  return judgement.warnings.empty() ? "" : judgement.warnings.at(0).code;
}

TEST(Plausible, NothingKnownIsNothingToSay) {
  EXPECT_EQ(code_of({}), "");
}

TEST(Plausible, WhatIsUsualIsBelieved) {
  EXPECT_EQ(code_of({.photon_energy_ev = 8000,
                     .distance_m = 1,
                     .detector_pixel_m = 75e-6,
                     .detector_pixel_ratio = 1,
                     .object_pixel_m = 32e-9,
                     .step_in_pixels = 6,
                     .step_in_beams = 0.3,
                     .step_in_patches = 0.1,
                     .scan_in_patches = 1,
                     .masked_counts = 0.01}),
            "");
  EXPECT_EQ(code_of({.electron_energy_ev = 300e3, .object_pixel_m = 20e-12}), "");
}

TEST(Plausible, WhatCannotBeMeantIsRefused) {
  EXPECT_EQ(code_of({.photon_energy_ev = 3}), "refused");
  EXPECT_EQ(code_of({.photon_energy_ev = 3e9}), "refused");
  EXPECT_EQ(code_of({.electron_energy_ev = 300}), "refused");
  EXPECT_EQ(code_of({.distance_m = 2000}), "refused");
  EXPECT_EQ(code_of({.step_in_patches = 1e5}), "refused");
  EXPECT_EQ(code_of({.photon_energy_ev = std::nan("")}), "refused");
  EXPECT_EQ(judge({.photon_energy_ev = 3}).refused.substr(0, 65),
            "photon energy is 3 eV, and 50 eV to 200 keV is believed (below, n");
}

TEST(Plausible, WhatIsOddIsAWarning) {
  EXPECT_EQ(code_of({.distance_m = 300}), "distance");
  EXPECT_EQ(code_of({.detector_pixel_ratio = 2}), "detector_pixel_ratio");
  EXPECT_EQ(code_of({.step_in_beams = 1.5}), "step_in_beams");
  EXPECT_EQ(code_of({.masked_counts = 0.9}), "masked_counts");
  EXPECT_EQ(code_of({.scan_in_patches = 0.01}), "scan_in_patches");
  EXPECT_EQ(judge({.distance_m = 300, .step_in_beams = 2}).warnings.size(), 2u);
}

TEST(Plausible, EnergiesOfPhotonsAndElectrons) {
  EXPECT_NEAR(photon_energy_ev(1.5498e-10), 8000, 1);
  // 300 kV: 1.9687 pm.
  EXPECT_NEAR(electron_energy_ev(1.9687e-12), 300e3, 100);
  EXPECT_NEAR(electron_energy_ev(3.878e-11), 1e3, 2);
}

TEST(Plausible, TheTypicalStepIsToTheNearestNeighbourInWhateverOrder) {
  std::map<FrameId, Position> places;
  for (FrameId id = 0; id < 100; ++id)
    places[(id * 37) % 100] = {static_cast<double>(id % 10) * 2e-6, static_cast<double>(id / 10) * 3e-6};
  EXPECT_NEAR(typical_step_m(places).value(), 2e-6, 1e-12);
  EXPECT_EQ(typical_step_m({{1, {}}}), std::nullopt);
  EXPECT_EQ(typical_step_m({{1, {}}, {2, {}}}), std::nullopt) << "one place, exposed twice";
}

TEST(Plausible, CountsThatJumpAgainstBothNeighbours) {
  std::map<FrameId, double> counts;
  for (FrameId id = 0; id < 20; ++id) counts[id] = 1000;
  counts[7] = 50000;
  counts[12] = 10;
  EXPECT_EQ(jumping_counts(counts), (std::vector<FrameId>{7, 12}));
  // The edge of a sample is no jump.
  for (FrameId id = 10; id < 20; ++id) counts[id] = 100;
  counts[7] = 1000;
  EXPECT_TRUE(jumping_counts(counts).empty());
}

TEST(Plausible, OfASeriesAndItsScan) {
  SeriesInfo info{.wavelength_m = 1.55e-10, .distance_m = 1, .detector_pixel_m = 75e-6};
  auto quantities = quantities_of(info, false, 32e-9);
  EXPECT_NEAR(quantities.photon_energy_ev.value(), 8000, 2);
  EXPECT_FALSE(quantities.electron_energy_ev);
  EXPECT_EQ(quantities.distance_m, 1);
  info.wavelength_m = 1.97e-12;  // too short for photons
  EXPECT_NEAR(quantities_of(info, false, 0).electron_energy_ev.value(), 300e3, 500);
  info.wavelength_m = 4e-7;
  EXPECT_FALSE(judge(quantities_of(info, false, 0)).refused.empty());
  info.object_pixel_m = 1;
  EXPECT_FALSE(quantities_of(info, false, 1).distance_m) << "pixels stand for metres";

  std::map<FrameId, Position> raster;
  for (FrameId id = 0; id < 16; ++id)
    raster[id] = {static_cast<double>(id % 4) * 1e-6, static_cast<double>(id / 4) * 1e-6};
  Image<std::complex<float>> probe({64, 64}, 0.0F);
  for (std::size_t c = 22; c < 42; ++c) probe(32, c) = 1.0F;
  add_scan(quantities, raster, 1e-7, 64, probe);
  EXPECT_NEAR(quantities.step_in_pixels.value(), 10, 1e-9);
  EXPECT_NEAR(quantities.step_in_patches.value(), 10.0 / 64, 1e-9);
  EXPECT_NEAR(quantities.scan_in_patches.value(), 30.0 / 64, 1e-9);
  EXPECT_NEAR(quantities.step_in_beams.value(), 10 / (2 * std::sqrt(399.0 / 12)), 1e-6);
}

/// Page and code say the same.
TEST(Plausible, ThePageHasEachBoundWithItsReason) {
  const auto page = test::slurp("doc/plausible.md");
  for (const auto& bound : plausible_bounds()) {
    const std::string row = "| `" + std::string(bound.code) + "` | " + std::string(bound.quantity) + " | " +
                            range_of(bound, bound.low, bound.high) + " | " +
                            range_of(bound, bound.refused_below, bound.refused_above) + " | " +
                            std::string(bound.reason) + " |";
    EXPECT_NE(page.find(row), std::string::npos) << "missing in doc/plausible.md:\n" << row;
  }
}

}  // namespace
}  // namespace ptero::scan
