#pragma once

#include <ptero/ptycho/lsqml.hpp>
#include <ptero/ptycho/reconstruction_options.hpp>

namespace ptero::ptycho {

/// One batch of a method without step equations, on a workspace with the `batch` preconditioner: rPIE [Mai17]
/// and ePIE [Mai09] (O += beta conj(P) chi / ..., P += beta conj(O) chi / max |O|^2), or the difference map
/// [Thi09, Luk05], whose object and probe are the weighted means of all patterns' waves.
BatchOutcome run_projection_batch(Workspace& workspace, std::span<const Slot> batch,
                                  const BatchRequest& request, double object_step, double probe_step);

}  // namespace ptero::ptycho
