#pragma once

#include <ptero/roi/bad_frames.hpp>

#include "model.hpp"

namespace ptero::roi {

/// A classification with what the online form needs besides.
struct Decision {
  Classification classification;
  std::vector<std::uint32_t> rows;  ///< in the table, by index into classification.ids
  Model model;
};

/// Throws InputError when options are out of range.
void check(const RoiOptions& options);
/// Throws InputError when the frame's segments are not options.segments.
void check(const RoiOptions& options, const FrameRecord& frame);

Decision decide(const FeatureTable& table, const ScanLayout& layout, const RoiOptions& options, Prefix prefix,
                const BadFrames& bad);

}  // namespace ptero::roi
