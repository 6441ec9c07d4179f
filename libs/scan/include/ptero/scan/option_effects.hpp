#pragma once

#include <ptero/core/warning.hpp>
#include <ptero/ptycho/reconstruction.hpp>
#include <ptero/scan/solver_options.hpp>

namespace ptero::scan {

/// A warning `option_without_effect` for each option that was given another value than its default and had no
/// part in this reconstruction: it belongs to another method, or to something that is off, or begins with an
/// epoch that the run did not reach.
Warnings options_without_effect(const SolverOptions& options, const ptycho::Snapshot& snapshot);

}  // namespace ptero::scan
