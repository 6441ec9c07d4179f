#pragma once
// Where the widths of edges are measured [Du21, fig. 5]: lines chosen from the truth, so that no separation
// can choose its own.

#include <ptero/quality/edge.hpp>

#include "studies/du2021/sample.hpp"

namespace ptero::tools {

/// 8 pixels long: zones are 6 to 7 wide; the second 14, as grains end softly.
struct EdgeLines {
  quality::Line both;    ///< across an edge of slice 1 that is one of slice 2 too, or as nearly as there is
  quality::Line second;  ///< across an edge of slice 2 where slice 1 is flat
};
inline constexpr std::size_t edge_width = 3;  ///< lines averaged

EdgeLines choose_edges(const ddip::Slices& truth);

struct EdgeMeasure {
  quality::Profile profile;
  std::optional<quality::EdgeFit> fit;
  /// Of the fit, where it accounts for nine tenths of the profile's variance: else there is no such edge.
  std::optional<double> fwhm_px() const;
};
EdgeMeasure measure_edge(const Image<float>& slice, const quality::Line& line);

}  // namespace ptero::tools
