#pragma once
// steering: from a region of interest to advice for the scan: where it is, what to leave out, where to
// measure next, when to stop. Numbers in, numbers out; the clock is an argument. Free functions may be called
// from anywhere; a Desk is for one thread at a time. The idea is the outlook of [Lin23]: the region found
// during the scan decides what is scanned.

#include <cstddef>
#include <limits>
#include <optional>
#include <ptero/roi/classification.hpp>
#include <ptero/roi/feature_table.hpp>
#include <ptero/steering/advice.hpp>
#include <span>
#include <vector>

namespace ptero::steering {

struct SteeringOptions {
  Mode mode = Mode::propose;
  std::optional<Bounds> bounds;  ///< where the stage may go; absent: no further than it has been
  double finest_step_m = 0;      ///< of the last pass
  unsigned levels = 2;           ///< the first pass is 2^levels times as coarse; each halves the step
  /// From which a place belongs to the region: the mean over the frames around it of their confidences,
  /// negative those of the background, weighted bilinearly. 0..1
  double least_evidence = 0.2;
  double margin_m = 0;           ///< around the region; frames that touch the sample are in it already
  double leftover = 0.02;        ///< of the region's places on the finest grid may stay unmeasured, 0..1
  double dose_per_exposure = 1;  ///< any unit; 1 counts exposures
  double dose_budget = std::numeric_limits<double>::infinity();  ///< of all advice together
  double least_confidence = 0;                                   ///< below it no advice is given, 0..1
  double valid_for_s = 60;                                       ///< from issue to expiry
  double withdraw_before_s = 1;  ///< so long before the expiry it is not given any more
};

/// Throws InputError naming the option: no step, bounds without area, more than 4e6 places, shares outside
/// 0..1, times that leave nothing between issue and withdrawal.
void check(const SteeringOptions& options);

/// A frame that was measured and has a place.
struct Seen {
  Position position;
  bool selected = false;
  float confidence = 0;  ///< 0 on the boundary .. 1 certain
};

/// A frame of the scan plan that was not measured yet.
struct Planned {
  FrameId id = 0;
  Position position;
};

struct Situation {
  std::uint64_t revision = 0;
  std::vector<Seen> seen;
  std::vector<Planned> planned;   ///< ascending ids
  std::optional<Position> stage;  ///< where it stands: the way begins there
  double dose_spent = 0;          ///< of the budget
};

/// What the classifier knows, as a situation: selected and background frames with a place, and those of the
/// plan that have not come. Nothing when the classification has no contrast: its labels mean nothing.
std::optional<Situation> situation_of(const roi::FeatureTable& table, const roi::Classification& labels,
                                      std::uint64_t revision);

/// Advice for a situation, without id, times and standing. Passes go from coarse to fine over a grid that
/// each halves: the first covers the bounds, each later one the region as the frames so far show it, without
/// places that were measured. A selected frame among others of the background draws no pass unless it is
/// surer than they are. nullopt: mode off, no bounds known, or less confidence than asked for. Every
/// point, and the region, lies within the bounds; the dose within what is left.
std::optional<Advice> plan(const Situation& situation, const SteeringOptions& options);

}  // namespace ptero::steering
