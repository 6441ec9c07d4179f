#pragma once
// The benchmarks of `ptero bench`. Each prints its floor, its figure and their ratio in one run and returns 0
// when it reached its floor, else 1.

#include <iosfwd>

namespace ptero::tools {

/// Feature extraction beside the read bandwidth of one core and beside numpy. Takes 1 GiB of memory.
int bench_features(std::ostream& out);
/// Cost of a frame in the online classifier at 10^4, 10^5 and 10^6 frames. Takes about 1 GiB of memory.
int bench_classifier(std::ostream& out);
/// An epoch of the reconstruction beside its transforms.
int bench_recon();
/// Pattern updates a second on a GPU beside what its memory allows. Throws InputError without one.
int bench_recon_cuda();

}  // namespace ptero::tools
