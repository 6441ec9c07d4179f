#pragma once

#include <ptero/synth/simulator.hpp>
#include <ptero/synth/two_slice.hpp>
#include <string_view>

namespace ptero::synth {

/// Puts a sample into an experiment: "nanosheets", "particles", "empty", or "two-slice", which is
/// TwoSliceKind::particles_over_grain by put_two_slices. Throws InputError for any other name, naming these.
void put_sample(std::string_view name, SimulatorOptions& experiment);

/// The slices of a kind in an experiment as it is: all over its scanned field, sizes going with its object
/// pixel, as far apart as usual for the kind, at the 12 keV that their materials are given for. Replaces the
/// energy, the object, what lies behind it and the spacings. Throws InputError for options that describe no
/// experiment.
void put_two_slices(TwoSliceKind kind, SimulatorOptions& experiment);

}  // namespace ptero::synth
