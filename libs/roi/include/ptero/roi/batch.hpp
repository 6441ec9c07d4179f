#pragma once
// Decides which patterns of a ptychography scan show something, from total counts and centres of mass
// [Lin23, Methods]. Pure functions and values: no clock (but to choose among kernels that give the same
// bits), no input or output, no threads of its own (the online classifier hands its computations to an
// executor). Unless a class says otherwise, const members may be called from several threads at once and
// others from one.

#include <ptero/roi/bad_frames.hpp>
#include <ptero/roi/classification.hpp>
#include <ptero/roi/feature_table.hpp>
#include <ptero/roi/options.hpp>
#include <ptero/roi/scan_layout.hpp>

namespace ptero::roi {

/// The batch answer for a prefix. A pure function of its arguments, whatever the order of arrival. Frames
/// that a person marked bad take no part, as if they were dark. Throws InputError when options are out of
/// range or the table's segments are not options.segments.
Classification classify(const FeatureTable& table, const ScanLayout& layout, const RoiOptions& options,
                        Prefix prefix, const BadFrames& bad = {});

inline Classification classify(const FeatureTable& table, const ScanLayout& layout, const RoiOptions& options,
                               const BadFrames& bad = {}) {
  return classify(table, layout, options, all_of(table), bad);
}

}  // namespace ptero::roi
