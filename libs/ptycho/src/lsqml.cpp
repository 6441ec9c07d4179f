#include <algorithm>
#include <cmath>
#include <numeric>
#include <ptero/ptycho/lsqml.hpp>
#include <vector>

namespace ptero::ptycho {

namespace {
// Mean without the trim / 2 smallest and largest shares.
double trimmed_mean(std::vector<double> values, double trim) {
  std::sort(values.begin(), values.end());
  const auto cut = static_cast<std::ptrdiff_t>(std::floor(trim / 2 * static_cast<double>(values.size())));
  const double sum = std::accumulate(values.begin() + cut, values.end() - cut, 0.0);
  return sum / static_cast<double>(static_cast<std::ptrdiff_t>(values.size()) - 2 * cut);
}

// l0 n^2 of [Ods18]: only keeps a dead direction from dividing by zero.
constexpr double least = 1.2e-7;

// Both lines are kept at or above zero; what is not a number stays one.
double forwards(double step) {
  return std::isfinite(step) ? std::max(0.0, step) : step;
}

double common(std::vector<double> steps, double trim) {
  const bool sortable = std::all_of(steps.begin(), steps.end(), [](double s) { return std::isfinite(s); });
  return sortable ? trimmed_mean(std::move(steps), trim) : std::nan("");
}
}  // namespace

Steps solve_steps(std::span<const StepEquation> equations, std::size_t slices, bool update_probe,
                  const LsqmlOptions& options) {
  if (equations.empty()) return {.object = std::vector<double>(slices)};
  const std::size_t patterns = equations.size() / slices;
  const auto count = static_cast<double>(patterns);
  Steps steps;
  for (std::size_t l = 0; l < slices; ++l) {
    double mean_uu = 0, mean_vv = 0;
    for (std::size_t k = 0; k < patterns; ++k) {
      mean_uu += equations[k * slices + l].uu / count;
      mean_vv += equations[k * slices + l].vv / count;
    }
    std::vector<double> object_steps, probe_steps;
    for (std::size_t k = 0; k < patterns; ++k) {
      const StepEquation& e = equations[k * slices + l];
      const double uu = e.uu + least + options.coupling * mean_uu;
      const double vv = e.vv + least + options.coupling * mean_vv;
      // [Ods18, eq. 22]; without the probe, and between slices, the object's line alone.
      const double uv = update_probe && slices == 1 ? e.uv : 0;
      const double determinant = uu * vv - uv * uv;
      const double share = options.beta / static_cast<double>(slices);
      object_steps.push_back(forwards(share * (vv * e.u_chi - uv * e.v_chi) / determinant));
      probe_steps.push_back(forwards(share * (uu * e.v_chi - uv * e.u_chi) / determinant));
    }
    steps.object.push_back(common(std::move(object_steps), options.trim));
    if (update_probe && l == 0) steps.probe = common(std::move(probe_steps), 0);
  }
  return steps;
}

BatchOutcome run_lsqml_batch(Workspace& workspace, std::span<const Slot> batch, const BatchRequest& request,
                             const LsqmlOptions& options) {
  PTERO_EXPECT(!batch.empty());
  // In slot order, so that which patterns are sampled does not depend on how the batch was shuffled.
  std::vector<Slot> slots(batch.begin(), batch.end());
  std::sort(slots.begin(), slots.end());
  const std::size_t wanted =
      options.step_samples == 0 ? slots.size() : std::min(options.step_samples, slots.size());
  std::vector<std::size_t> sampled(wanted);
  for (std::size_t k = 0; k < wanted; ++k) sampled[k] = (2 * k + 1) * slots.size() / (2 * wanted);

  BatchOutcome outcome{
      .sums = workspace.project(slots, {.sampled = sampled, .pattern_equations = request.pattern_equations})};
  const auto equations = workspace.step_equations();
  const std::size_t slices = workspace.spec().slices();
  Steps steps = solve_steps(equations, slices, request.update_probe, options);
  for (std::size_t l = 0; l < request.most_object_steps.size(); ++l)
    if (steps.object[l] > request.most_object_steps[l]) steps.object[l] = request.most_object_steps[l];
  const auto finite = [](double s) { return std::isfinite(s); };
  outcome.diverged = !finite(outcome.sums.residual) || !finite(outcome.sums.model) || !finite(steps.probe) ||
                     !std::all_of(steps.object.begin(), steps.object.end(), finite);
  if (outcome.diverged) {
    workspace.update(std::vector<double>(slices), 0);
    return outcome;
  }
  outcome.object_steps = steps.object;
  outcome.probe_step = steps.probe;
  if (request.hold_object)
    workspace.update_probe_only(steps.probe);
  else
    workspace.update(steps.object, steps.probe);
  return outcome;
}

}  // namespace ptero::ptycho
