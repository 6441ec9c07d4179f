#pragma once

#include <ptero/core/frame.hpp>
#include <ptero/ptycho/reconstruction_options.hpp>
#include <span>
#include <vector>

namespace ptero::ptycho {

/// A pattern's weights moved by its equation: damped least squares, v_0 by the light's gain where it is
/// refined. `typical` is the batch's mean <g,g> of each weight.
std::vector<float> moved_weights(std::span<const float> weights, const PatternEquation& equation,
                                 std::span<const double> typical, const VariationOptions& options);
std::vector<double> typical_norms(std::span<const PatternEquation> equations);

/// What an epoch does to the variations U_k [Ods16] and the patterns' weights: U_k become orthogonal to the
/// main mode and to each other, with its power; their lengths and what they held of the main mode go into the
/// weights; the strongest comes first; weights beyond the limit are cut, and the mean light is 1, the rest in
/// the probe. `probes`: modes first. weights: one vector v_0 .. v_K a pattern.
void tidy_variations(std::vector<Image<Complex>>& probes, std::size_t modes,
                     std::span<std::vector<float>> weights, const VariationOptions& options);

/// Weights over time, as `smooth_frames` says; those of the light where it is refined. ids: of the patterns,
/// rising, as many as weights.
void smooth_weights(std::span<const FrameId> ids, std::span<std::vector<float>> weights,
                    const VariationOptions& options);

}  // namespace ptero::ptycho
