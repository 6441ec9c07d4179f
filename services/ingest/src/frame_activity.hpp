#pragma once

#include <ptero/core/frame.hpp>

namespace ptero::ingest {

/// A number that changes with what the beam meets, for next to nothing: the sum of some of the pixels, or the
/// bytes that a compressed payload needs.
double frame_activity(const Frame& frame);

}  // namespace ptero::ingest
