#pragma once

#include <ptero/ptycho/reconstruction.hpp>
#include <string>
#include <vector>

namespace ptero::ptycho {

/// Something that a picture says of itself: what, how much, and the evidence in one sentence.
struct Finding {
  std::string code;  ///< lower_snake, stable: see doc/reconstruction.md
  double number = 0;
  std::string sentence;
};

/// The error over what counting noise alone would leave; 0 where that is not known.
double misfit(const Snapshot& snapshot);

/// A picture whose error has stopped falling is right only where it fits the data nearly as well as their
/// noise allows: at most this many times. The recorded scans that were looked at end at 1.2 to 2.1.
inline constexpr double believable_misfit = 3;

/// What speaks against the picture; empty: nothing that is looked for. From the fifth epoch on. With regular
/// positions the object is looked at for a grid of their period.
std::vector<Finding> findings(const Snapshot& snapshot);

/// One word and its sentence: the first finding, else "converged" or "iterating".
Finding verdict(const Snapshot& snapshot);

}  // namespace ptero::ptycho
