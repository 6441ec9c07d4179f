#pragma once
// Figures 3 to 6 of [Du21] and its numbers again, in kind: on two simulated samples of two slices that our
// own multislice engine reconstructed.

#include <filesystem>

#include "studies/du2021/separation.hpp"
#include "studies/numbers.hpp"

namespace ptero::tools {

struct Du2021Options {
  std::filesystem::path out;  ///< exists
  bool quick = false;         ///< small and short: the pictures show that it runs, no more
  std::uint64_t seed = 1;
  unsigned threads = 2;
  std::size_t runs = 20;                 ///< of each gamma in figure 6 [Du21, fig. 6]
  std::vector<int> figures{3, 4, 5, 6};  ///< which are made; 5 is a part of 4
};

struct Du2021Report {
  FigureNumbers numbers;
  std::string tables;  ///< Markdown
};
/// Writes a PNG a figure.
Du2021Report make_du2021(const Du2021Options& options, const Progress& progress);

/// Figure 3: gold-like particles over a grain of oxide at 3.6 depths of field.
void make_particles_over_grain(const Du2021Options& options, Du2021Report& report, const Progress& progress);
/// Figures 4 and 5: zones over grains at 0.13 depths of field, with fluorescence.
void make_zones_over_grains(const Du2021Options& options, Du2021Report& report, const Progress& progress);
/// Figure 6: what twenty seeds make of one sample.
void make_uncertainty(const Du2021Options& options, Du2021Report& report, const Progress& progress);

/// The samples and the fits as long as the form says.
TwoSliceScanOptions two_slice_scan(const Du2021Options& options, synth::TwoSliceKind kind);
SeparationPlan separation_plan(const Du2021Options& options);

}  // namespace ptero::tools
