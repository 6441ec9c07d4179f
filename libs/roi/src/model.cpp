#include "model.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace ptero::roi {
namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

/// Of the values that are known.
struct Mean {
  double sum = 0;
  int count = 0;
  void add(double value) {
    if (std::isnan(value)) return;
    sum += value;
    ++count;
  }
  double value() const { return count > 0 ? sum / count : unknown; }
};

bool counts_in(const Model& model, const FrameRecord& frame) {
  return !model.intensity.is_outlying(frame) &&
         (model.dark == DarkFrames::keep || !model.intensity.is_dark(frame));
}

double judge_paper(const Model& model, std::span<const FrameRecord* const> around) {
  double best = unknown;
  for (std::size_t s = 0; s < model.scatter.size(); ++s) {
    if (!(around[0]->features.segments[s].total > 0)) continue;
    Mean total, magnitude;
    for (const FrameRecord* frame : around) {
      const SegmentFeatures& f = frame->features.segments[s];
      if (!(f.total > 0) || !counts_in(model, *frame)) continue;
      total.add(f.total / model.intensity.gain_of(*frame));
      magnitude.add(std::hypot(model.scatter[s].z_x(f.com_x), model.scatter[s].z_y(f.com_y)));
    }
    best = std::fmax(best, margin(model.cuts[2 * s], std::log(total.value())));
    best = std::fmax(best, margin(model.cuts[2 * s + 1], std::log(magnitude.value())));
  }
  return best;
}

double judge_robust(const Model& model, std::span<const FrameRecord* const> around) {
  Mean total;
  for (const FrameRecord* frame : around)
    if (counts_in(model, *frame)) total.add(frame->features.whole.total / model.intensity.gain_of(*frame));
  double best = margin(model.cuts[0], std::log(total.value()));
  if (model.mode == Mode::threshold) return best;
  Mean common, single;
  for (std::size_t s = 0; s < model.scatter.size(); ++s) {
    if (!(around[0]->features.segments[s].total > 0)) continue;
    Mean x, y, share;
    for (const FrameRecord* frame : around) {
      const SegmentFeatures& f = frame->features.segments[s];
      if (!(f.total > 0) || !counts_in(model, *frame)) continue;
      const MeanSegment own{f.com_x, f.com_y, f.total / frame->features.whole.total, 1};
      x.add(own.com_x);
      y.add(own.com_y);
      share.add(own.share);
      if (!model.single.empty()) single.add(mean_square_z(model.single[s], own, 1));
    }
    common.add(
        mean_square_z(model.scatter[s], {x.value(), y.value(), share.value(), x.count}, full_neighbourhood));
  }
  best = std::fmax(best, margin(model.cuts[1], std::log(common.value())));
  return std::fmax(best, margin(model.cuts[2], std::log(single.value())));
}

}  // namespace

double margin(const Cut& cut, double value) {
  const double distance = cut.kind == FeatureKind::total ? cut.threshold - value : value - cut.threshold;
  return std::isfinite(value) ? distance / cut.scale : unknown;
}

void vote(Cut& cut, const std::vector<double>& values, Verdicts& verdicts) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double m = margin(cut, values[i]);
    verdicts.margins[i] = std::fmax(verdicts.margins[i], m);
    if (!(m > 0)) continue;
    verdicts.chosen[i] = 1;
    ++cut.votes;
  }
}

double judge(const Model& model, std::span<const FrameRecord* const> around) {
  return model.mode == Mode::paper ? judge_paper(model, around) : judge_robust(model, around);
}

float confidence_of(double margin) {
  return std::isnan(margin) ? 0.0f : static_cast<float>(std::min(1.0, std::abs(margin)));
}

}  // namespace ptero::roi
