#pragma once

#include <ptero/core/position.hpp>
#include <ptero/ptycho/reconstruction_options.hpp>
#include <span>
#include <vector>

namespace ptero::ptycho {

/// Steps in pixels for the patterns of a batch, least squares along each axis, damped and clipped.
struct Step {
  double row = 0, col = 0;
};
std::vector<Step> position_steps(std::span<const PatternEquation> equations, double gain,
                                 const PositionOptions& options);

/// A frame's place: what the stage said, and what the patterns say. Pixels.
struct Place {
  double row0 = 0, col0 = 0;
  double row = 0, col = 0;
  double features = 0;  ///< <g,g> of its position equation: how well it knows its place; 0 = never seen
  double row_start = 0, col_start = 0;  ///< where it was when the epoch began
  double row_step = 0, col_step = 0;    ///< how far it went in the epoch before
};

/// The gain for the next epoch. Object and probe hide most of a wrong place, so that the plain step is far
/// too short: the gain grows while places keep their direction from epoch to epoch and shrinks when they
/// turn.
double next_gain(std::span<Place* const> places, double gain, const PositionOptions& options);

/// (row, col) = matrix (row0, col0) + offset.
struct Affine {
  double rr = 1, rc = 0, cr = 0, cc = 1, row = 0, col = 0;
};
/// Fit of row, col on row0, col0 by least squares, weighted by features; the identity where fewer than four
/// places, or places on one line, cannot tell.
Affine fit_affine(std::span<const Place* const> places);

/// The constraint of an epoch: draws places to the affine map of the measured ones, those without features
/// more, those beyond the stage's error at once; their mean shift is removed, which an object and a probe
/// cannot tell from a shift of their own.
void hold_to_stage(std::span<Place* const> places, const PositionOptions& options);

}  // namespace ptero::ptycho
