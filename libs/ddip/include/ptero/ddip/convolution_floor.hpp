#pragma once

#include <ptero/core/image.hpp>
#include <ptero/ddip/options.hpp>

namespace ptero::ddip {

/// Seconds that the convolutions of one epoch of two slices take alone, the fastest of a few: forward, and
/// backward for inputs and weights, each network on a thread of its own as in a step. What an epoch would
/// take if everything else were free.
double convolution_floor_s(Shape shape, const Options& options);

}  // namespace ptero::ddip
