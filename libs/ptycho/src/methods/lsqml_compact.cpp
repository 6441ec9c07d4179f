#include "lsqml_compact.hpp"

#include <algorithm>

namespace ptero::ptycho {

LsqmlCompact::LsqmlCompact(const ReconstructionOptions& options)
    : LsqmlSparse(options),
      momentum_(options.slices.spacing_m.size() + 1,
                Momentum(options.momentum.object_gain, options.momentum.memory)) {}

BatchOutcome LsqmlCompact::run(Workspace& workspace, std::span<const Slot> batch, const BatchPlan& plan) {
  BatchOutcome outcome = run_lsqml_batch(workspace, batch,
                                         {.update_probe = plan.update_probe,
                                          .pattern_equations = plan.pattern_equations,
                                          .hold_object = !plan.ends_epoch,
                                          .most_object_steps = least_steps_},
                                         options());
  if (plan.ends_epoch || outcome.diverged)
    least_steps_.clear();
  else
    least_steps_ = outcome.object_steps;
  return outcome;
}

void LsqmlCompact::end_epoch(Workspace& workspace, bool improving) {
  if (!momentum_[0].active()) return;
  const Image<float> light = workspace.illumination();
  const float most = *std::max_element(light.pixels().begin(), light.pixels().end());
  Image<float> weight(light.shape());
  for (std::size_t i = 0; i < light.size(); ++i)
    weight.data()[i] = most > 0 ? light.data()[i] / (0.1F * most + light.data()[i]) : 0.0F;
  for (std::size_t l = 0; l < momentum_.size(); ++l) {
    Image<Complex> object = workspace.object(l);
    momentum_[l].advance(object, weight, improving);
    workspace.set_object(l, object);
  }
}

void LsqmlCompact::drop_directions(Workspace& workspace, Slot any) {
  // They wait for the epoch's last batch: a step of no length uses them up.
  const std::size_t sampled = 0;
  (void)workspace.project({&any, 1}, {.sampled = {&sampled, 1}});
  (void)workspace.step_equations();
  workspace.update(std::vector<double>(workspace.spec().slices()), 0);
}

void LsqmlCompact::slow_down(double damping) {
  LsqmlSparse::slow_down(damping);
  least_steps_.clear();
  for (Momentum& each : momentum_) each = {};
}

std::vector<MomentumState> LsqmlCompact::momentum() const {
  std::vector<MomentumState> out;
  for (const Momentum& each : momentum_) out.push_back(each.state());
  return out;
}

void LsqmlCompact::resume(std::span<const MomentumState> momentum) {
  PTERO_EXPECT(momentum.size() == momentum_.size());
  for (std::size_t l = 0; l < momentum_.size(); ++l) momentum_[l].resume(momentum[l]);
}

}  // namespace ptero::ptycho
