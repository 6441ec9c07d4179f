#pragma once
// From options to what they describe: checked, positioned, drawn.

#include <ptero/synth/simulator.hpp>

namespace ptero::synth {

/// Throws InputError for options that describe no experiment, or one that would not fit into memory.
void check(const SimulatorOptions& options);

SeriesInfo series_info(const SimulatorOptions& options);
Truth make_truth(const SimulatorOptions& options);

/// Where the k-th of the sub-exposures lies along x, from the middle of the exposure.
double smear_offset_m(const SimulatorOptions& options, std::size_t k);

}  // namespace ptero::synth
