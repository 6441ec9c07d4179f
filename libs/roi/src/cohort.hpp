#pragma once

#include <cstdint>
#include <ptero/roi/bad_frames.hpp>
#include <ptero/roi/classification.hpp>
#include <ptero/roi/feature_table.hpp>
#include <ptero/roi/options.hpp>
#include <ptero/roi/scan_layout.hpp>
#include <vector>

namespace ptero::roi {

/// What the incident intensity and the dark threshold are, for frames outside the cohort too.
struct Intensity {
  double monitor_median = 0;  ///< 0: no monitor
  double dark_below = 0;      ///< raw counts

  /// What the frame's counts are divided by: its monitor over the median, so that counts stay counts.
  double gain_of(const FrameRecord& frame) const;
};

/// The frames of a prefix in the order of their ids, and which of them take part.
struct Cohort {
  std::vector<const FrameRecord*> frames;
  std::vector<std::uint32_t> rows;  ///< in the table
  std::vector<Label> labels;        ///< pending: takes part; else dark, bad or unpositioned
  std::vector<double> gain;
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
