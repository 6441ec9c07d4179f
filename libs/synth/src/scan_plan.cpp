#include <ptero/synth/random.hpp>
#include <ptero/synth/scan_plan.hpp>

namespace ptero::synth {

std::vector<Position> ScanPlan::positions() const {
  constexpr std::uint64_t stage_stream = 1ULL << 63;
  Random stage(seed, stage_stream);
  const double middle_col = (static_cast<double>(grid.cols) - 1) / 2;
  const double middle_row = (static_cast<double>(grid.rows) - 1) / 2;
  std::vector<Position> positions(grid.count());
  for (FrameId id = 0; id < positions.size(); ++id) {
    Position& p = positions[id];
    p.x_m = (static_cast<double>(grid.col_of(id)) - middle_col) * grid.step_x_m;
    p.y_m = (static_cast<double>(grid.row_of(id)) - middle_row) * grid.step_y_m;
    if (jitter_m > 0) {
      p.x_m += jitter_m * stage.normal();
      p.y_m += jitter_m * stage.normal();
    }
  }
  return positions;
}

}  // namespace ptero::synth
