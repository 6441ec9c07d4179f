#pragma once

#include <ptero/ptycho/forward_model.hpp>
#include <vector>

namespace ptero::ptycho {

/// Damps what differs between slices at low lateral frequencies, where the data cannot tell depth: a filter
/// [1 - atan((g fz / sqrt(fx^2 + fy^2 + 1e-3))^2) / (pi/2)] over (z, y, x) of amplitude and phase, the stack
/// mirrored in z so that its ends do not touch. The correction counts by min(1, 10 W / max W). strength g: 0
/// leaves everything, 1 is strong. Phases are followed from slice to slice and should not wrap.
void regularise_depth(std::vector<Image<Complex>>& slices, const Image<float>& illumination, double strength);

}  // namespace ptero::ptycho
