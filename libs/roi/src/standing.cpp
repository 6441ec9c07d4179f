#include "standing.hpp"

namespace ptero::roi {
namespace {

// In scales of a cut, which is three sigmas of the background in the robust mode.
constexpr float certain = 1;
constexpr float a_sigma = 1.0F / 3;

}  // namespace

Standing follow(const Standing& before, Label decided, float confidence) {
  Standing now{decided, false, 0};
  if (decided == Label::selected && before.label != Label::selected && confidence < certain &&
      !before.contested)
    now = {Label::pending, true, 0};
  if (decided == Label::background && before.label == Label::selected && confidence < a_sigma)
    now = {Label::selected, true, 0};
  now.confidence = confidence_in_force(now.label, now.contested, decided, confidence);
  return now;
}

Standing first_standing(Label judged, float confidence) {
  if (judged == Label::selected && confidence < certain) return {Label::pending, false, confidence};
  return {judged, false, confidence};
}

float confidence_in_force(Label label, bool contested, Label decided, float confidence) {
  const bool awaited = contested && label == Label::pending;
  return label == decided || awaited ? confidence : 0;
}

}  // namespace ptero::roi
