#pragma once

#include <cstdint>
#include <limits>
#include <ptero/roi/bad_frames.hpp>
#include <ptero/roi/classification.hpp>
#include <ptero/roi/feature_table.hpp>
#include <ptero/roi/options.hpp>
#include <ptero/roi/scan_layout.hpp>
#include <vector>

namespace ptero::roi {

/// What the incident intensity is, and which frames and readings lie too far off to be any part of the scan,
/// for frames outside the cohort too.
struct Intensity {
  static constexpr double no_limit = std::numeric_limits<double>::infinity();

  double monitor_median = 0;  ///< 0: no monitor
  double dark_below = 0;      ///< raw counts
  // Three times what all but a few frames reach; a sample absorbs, so that nothing lies far above the rest.
  double bright_counts = no_limit;   ///< raw
  double bright_total = no_limit;    ///< over the monitor
  double bright_monitor = no_limit;  ///< over its median

  /// What the frame's counts are divided by: its monitor over the median, so that counts stay counts. NaN
  /// where the reading contradicts the counts.
  double gain_of(const FrameRecord& frame) const;
  bool is_dark(const FrameRecord& frame) const { return frame.features.whole.total < dark_below; }
  /// Too bright, and not because the beam was: a monitor that rose as well speaks for the frame.
  bool is_outlying(const FrameRecord& frame) const;

 private:
  double reading_of(const FrameRecord& frame) const;
};

/// The frames of a prefix in the order of their ids, and which of them take part.
struct Cohort {
  std::vector<const FrameRecord*> frames;
  std::vector<std::uint32_t> rows;  ///< in the table
  std::vector<Label> labels;        ///< pending: takes part; else dark, outlying, bad or unpositioned
  std::vector<double> gain;         ///< NaN: no part in T, see Intensity
  Intensity intensity;

  std::size_t size() const { return frames.size(); }
  bool takes_part(std::size_t i) const { return labels[i] == Label::pending; }
};

bool has_place(const ScanLayout& layout, const FrameRecord& frame);

Cohort gather(const FeatureTable& table, const ScanLayout& layout, const RoiOptions& options, Prefix prefix,
              const BadFrames& bad = {});

/// Of an unordered copy; the mean of the middle two for an even number; NaN for none.
double median_of(std::vector<double> values);

}  // namespace ptero::roi
