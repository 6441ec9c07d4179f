#pragma once
// One separation of a simulated sample, with what [Du21] judges it by.

#include <ptero/ddip/run.hpp>
#include <ptero/quality/power_spectrum.hpp>
#include <string>
#include <vector>

#include "studies/du2021/sample.hpp"

namespace ptero::tools {

/// Two slices beside the truth.
struct SliceMeasures {
  double psnr_db[2] = {0, 0};       ///< of each slice after an affine fit to its truth
  double gradient_correlation = 0;  ///< of the slices with each other
  double streak = 0;                ///< contrast in slice 2, along the streak of slice 1 as given
};
SliceMeasures measure(const TwoSliceSample& sample, const ddip::Slices& slices);

struct SeparationCase {
  ddip::Filter filter = ddip::Filter::shallow;
  double gamma = 0.1;
};
/// "single filters, gamma 0.5".
std::string name_of(const SeparationCase& one);

struct SeparationResult {
  SeparationCase made_with;
  ddip::Outcome outcome;
  SliceMeasures measures;
};

/// How long, and on how many threads.
struct SeparationPlan {
  ddip::RunOptions run;
  std::uint64_t seed = 1;
  unsigned threads = 2;
};
ddip::Options options_of(const SeparationCase& one, const SeparationPlan& plan);

std::vector<SeparationResult> separate_all(const TwoSliceSample& sample,
                                           const std::vector<SeparationCase>& cases,
                                           const SeparationPlan& plan, const std::string& name,
                                           const Progress& progress);

/// A row a separation, the slices as given and the truth first.
std::string separation_table(const TwoSliceSample& sample, const std::vector<SeparationResult>& results);

}  // namespace ptero::tools
