#include "model.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace ptero::roi {
namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

struct Mean {
  double sum = 0;
  int count = 0;
  void add(double value) {
    sum += value;
    ++count;
  }
  double value() const { return count > 0 ? sum / count : unknown; }
};

bool counts_in(const Model& model, const FrameRecord& frame) {
  return model.dark == DarkFrames::keep || frame.features.whole.total >= model.intensity.dark_below;
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
  Mean q;
  for (std::size_t s = 0; s < model.scatter.size(); ++s) {
    if (!(around[0]->features.segments[s].total > 0)) continue;
    Mean x, y;
    for (const FrameRecord* frame : around) {
      const SegmentFeatures& f = frame->features.segments[s];
      if (!(f.total > 0) || !counts_in(model, *frame)) continue;
      x.add(f.com_x);
      y.add(f.com_y);
    }
    q.add(mean_square_z(model.scatter[s], x.value(), y.value(), x.count));
  }
  return std::fmax(best, margin(model.cuts[1], std::log(q.value())));
}

}  // namespace

double margin(const Cut& cut, double value) {
  const double distance = cut.kind == FeatureKind::total ? cut.threshold - value : value - cut.threshold;
  return std::isfinite(value) ? distance / cut.scale : unknown;
}

double mean_square_z(const Scatter& scatter, double com_x, double com_y, int averaged) {
  const double x = scatter.z_x(com_x), y = scatter.z_y(com_y);
  return (x * x + y * y) / 2 * averaged / full_neighbourhood;
}

double judge(const Model& model, std::span<const FrameRecord* const> around) {
  return model.mode == Mode::paper ? judge_paper(model, around) : judge_robust(model, around);
}

float confidence_of(double margin) {
  return std::isnan(margin) ? 0.0f : static_cast<float>(std::min(1.0, std::abs(margin)));
}

}  // namespace ptero::roi
