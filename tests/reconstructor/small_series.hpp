#pragma once

#include <ptero/synth/simulator.hpp>

namespace ptero::reconstructor {

/// 5 x 6 nanosheet patterns of 32 x 32.
inline synth::Simulator small_series() {
  synth::SimulatorOptions options;
  options.grid = {5, 6, 0.2e-6, 0.2e-6, ScanOrder::raster};
  options.pattern = 32;
  options.zone_plate.outer_zone_width_m = 140e-9;
  options.uid = "small";
  return synth::Simulator(options);
}

}  // namespace ptero::reconstructor
