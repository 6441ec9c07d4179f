#pragma once

#include <ptero/scan/solver_options.hpp>

namespace ptero::scan {

/// That `start_from` and `slice_guesses` can be read and fit each other. Throws InputError.
void check_starting_point(const SolverOptions& options);

/// Puts the object, the probe (unless another is named) and, where the product is of this series, the places
/// of the frames into `out`, whose geometry and slices are set. A product of one layer becomes the first
/// slice that has no guess. What a guess takes out of its slice goes there too: the product of all slices is
/// what the data know best. Throws InputError where something does not fit: another pixel size, other slices,
/// another size of the probe.
void begin_there(const SolverOptions& options, const SeriesInfo& info, ptycho::ReconstructionOptions& out);

}  // namespace ptero::scan
