#include "vicinity.hpp"

#include <algorithm>

#include "neighbours.hpp"

namespace ptero::roi {

/// Cells keep their size while the step stays near it, so that the grid is hardly ever built again.
void Vicinity::set_step(double step_m) {
  step_m_ = step_m;
  const double radius_m = step_m * neighbour_steps;
  if (layout_.plan() || !(radius_m > 0)) return;
  if (grid_ && radius_m < 3 * cell_m_ && radius_m > cell_m_ / 3) return;
  cell_m_ = radius_m;
  grid_.emplace(cell_m_);
  for (std::size_t row = 0; row < table_.size(); ++row) insert(row);
}

void Vicinity::added(std::size_t row) {
  if (grid_) insert(row);
}

void Vicinity::insert(std::size_t row) {
  const FrameRecord& frame = table_.row(row);
  if (has_place(layout_, frame)) grid_->insert(*frame.position, static_cast<std::uint32_t>(row));
}

const std::vector<const FrameRecord*>& Vicinity::around(const FrameRecord& frame, const BadFrames& bad) {
  around_.assign(1, &frame);
  if (layout_.plan())
    find_by_plan(frame, bad);
  else if (grid_ && step_m_ > 0)
    find_by_position(frame, bad);
  return around_;
}

void Vicinity::find_by_position(const FrameRecord& frame, const BadFrames& bad) {
  nearby_.clear();
  grid_->visit(*frame.position, step_m_ * neighbour_steps,
               [&](std::uint32_t row, double) { nearby_.push_back(row); });
  // Sums must not depend on the size of the grid's cells.
  std::sort(nearby_.begin(), nearby_.end());
  for (std::uint32_t row : nearby_)
    if (&table_.row(row) != &frame && !bad.contains(table_.row(row).id)) around_.push_back(&table_.row(row));
}

void Vicinity::find_by_plan(const FrameRecord& frame, const BadFrames& bad) {
  const RasterPlan& plan = *layout_.plan();
  const std::size_t row = plan.row_of(frame.id), col = plan.col_of(frame.id);
  for (std::size_t r = row - (row > 0); r <= std::min(row + 1, plan.rows - 1); ++r) {
    for (std::size_t c = col - (col > 0); c <= std::min(col + 1, plan.cols - 1); ++c) {
      // A snake runs every other row backwards, and col_of is its own inverse.
      const FrameId id = r * plan.cols + plan.col_of(r * plan.cols + c);
      if (id == frame.id) continue;
      if (bad.contains(id)) continue;
      if (const auto other = table_.find(id)) around_.push_back(&table_.row(*other));
    }
  }
}

}  // namespace ptero::roi
