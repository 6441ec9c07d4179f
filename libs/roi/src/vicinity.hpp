#pragma once

#include <cstdint>
#include <optional>
#include <ptero/roi/bad_frames.hpp>
#include <ptero/roi/feature_table.hpp>
#include <ptero/roi/scan_layout.hpp>
#include <vector>

#include "position_grid.hpp"

namespace ptero::roi {

/// The frames around one that have come so far, at a cost that does not grow with their number.
class Vicinity {
 public:
  /// Both outlive it.
  Vicinity(const ScanLayout& layout, const FeatureTable& table) : layout_(layout), table_(table) {}

  /// Of the table's frames; before it is known, scattered frames have no neighbours.
  void set_step(double step_m);
  /// A row has joined the table.
  void added(std::size_t row);
  /// The frame and its neighbours without the bad ones; valid until the next call.
  const std::vector<const FrameRecord*>& around(const FrameRecord& frame, const BadFrames& bad);

 private:
  void insert(std::size_t row);
  void find_by_position(const FrameRecord& frame, const BadFrames& bad);
  void find_by_plan(const FrameRecord& frame, const BadFrames& bad);

  const ScanLayout& layout_;
  const FeatureTable& table_;
  double step_m_ = 0;
  std::optional<PositionGrid> grid_;  // of a scattered scan, once its step is known
  double cell_m_ = 0;
  std::vector<const FrameRecord*> around_;
  std::vector<std::uint32_t> nearby_;
};

}  // namespace ptero::roi
