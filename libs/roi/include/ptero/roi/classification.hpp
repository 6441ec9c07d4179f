#pragma once

#include <cstdint>
#include <ptero/core/frame.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace ptero::roi {

enum class Label : std::uint8_t {
  pending,  ///< no thresholds yet
  background,
  selected,
  dark,          ///< T below 0.2 of the median: excluded
  unpositioned,  ///< no place in the scan: not classified
  bad,           ///< a person says so: excluded
  outlying,      ///< three times as bright as all but a few frames: excluded
};

std::string_view name_of(Label label);

enum class FeatureKind : std::uint8_t { total, com_magnitude };

/// Where one feature was cut in two, in the logarithm of its 3 x 3 mean. Lower T and higher magnitude than
/// `threshold` vote for the region of interest.
struct Cut {
  FeatureKind kind = FeatureKind::total;
  int segment = 0;        ///< -1: all segments together
  double threshold = 0;   ///< NaN: the feature has no contrast and votes for nothing
  double scale = 1;       ///< distance from the threshold that counts as certain
  std::size_t votes = 0;  ///< frames this feature selects
};

/// What was decided for one prefix of a series.
struct Classification {
  std::vector<FrameId> ids;            ///< every frame of the prefix that arrived, ascending
  std::vector<Label> labels;           ///< by index into ids
  std::vector<float> confidence;       ///< 0 on the boundary .. 1 certain, by index into ids
  std::vector<std::uint8_t> clusters;  ///< material by T of the whole pattern, 0 = lowest T; 255 = none
  std::vector<Cut> cuts;
  double fraction = 0;       ///< selected / (selected + background)
  bool no_contrast = false;  ///< nothing to find: everything is selected
  /// Frames whose monitor reading contradicts their own counts: it is not used, they do not vote by T.
  std::size_t monitors_ignored = 0;
  std::string set_hash;  ///< of the selected ids, see RoiSet

  std::size_t count(Label label) const;
  /// "no_contrast" and the like, for reports.
  std::vector<std::string> flags() const;
};

}  // namespace ptero::roi
