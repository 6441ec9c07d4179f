#pragma once

#include <ptero/roi/classification.hpp>

namespace ptero::roi {

/// The label of one frame in force, while a scan runs.
struct Standing {
  Label label = Label::pending;
  bool contested = false;  ///< the last revision said otherwise, and was not sure
  float confidence = 0;
};

/// What it becomes by the word of a revision that is not the last. A frame comes into the region by one that
/// is certain, or by two in a row: until then it is pending. It leaves the region on evidence alone, by one
/// that finds it a sigma of the background or more on the other side. confidence: of the word.
Standing follow(const Standing& before, Label decided, float confidence);

/// What the thresholds in force say at once, with the neighbours that have come so far: selected where they
/// are certain, else pending.
Standing first_standing(Label judged, float confidence);

/// The confidence that goes with a label in force and the word of the last revision.
float confidence_in_force(Label label, bool contested, Label decided, float confidence);

}  // namespace ptero::roi
