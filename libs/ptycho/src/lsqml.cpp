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
}  // namespace

Steps solve_steps(std::span<const StepEquation> equations, bool update_probe, const LsqmlOptions& options) {
  if (equations.empty()) return {};
  const auto count = static_cast<double>(equations.size());
  double mean_uu = 0, mean_vv = 0;
  for (const StepEquation& e : equations) {
    mean_uu += e.uu / count;
    mean_vv += e.vv / count;
  }
  // l0 n^2 of [Ods18]: only keeps a dead direction from dividing by zero.
  constexpr double least = 1.2e-7;
  std::vector<double> object_steps;
  double probe_sum = 0;
  for (const StepEquation& e : equations) {
    const double uu = e.uu + least + options.coupling * mean_uu;
    const double vv = e.vv + least + options.coupling * mean_vv;
    // [Ods18, eq. 22]; without the probe the object's line alone.
    const double uv = update_probe ? e.uv : 0;
    const double determinant = uu * vv - uv * uv;
    const double object = options.beta * (vv * e.u_chi - uv * e.v_chi) / determinant;
    const double probe = options.beta * (uu * e.v_chi - uv * e.u_chi) / determinant;
    object_steps.push_back(std::isfinite(object) ? std::max(0.0, object) : object);
    if (update_probe) probe_sum += std::isfinite(probe) ? std::max(0.0, probe) : probe;
  }
  const bool sortable =
      std::all_of(object_steps.begin(), object_steps.end(), [](double s) { return std::isfinite(s); });
  return {.object = sortable ? trimmed_mean(std::move(object_steps), options.trim) : std::nan(""),
          .probe = probe_sum / count};
}

BatchOutcome run_lsqml_batch(Workspace& workspace, std::span<const Slot> batch, bool update_probe,
                             const LsqmlOptions& options) {
  PTERO_EXPECT(!batch.empty());
  // In slot order, so that which patterns are sampled does not depend on how the batch was shuffled.
  std::vector<Slot> slots(batch.begin(), batch.end());
  std::sort(slots.begin(), slots.end());
  const std::size_t wanted =
      options.step_samples == 0 ? slots.size() : std::min(options.step_samples, slots.size());
  std::vector<std::size_t> sampled(wanted);
  for (std::size_t k = 0; k < wanted; ++k) sampled[k] = k * slots.size() / wanted;

  BatchOutcome outcome{.sums = workspace.project(slots, sampled)};
  const auto equations = workspace.step_equations();
  const Steps steps = solve_steps(equations, update_probe, options);
  outcome.diverged = !std::isfinite(outcome.sums.residual) || !std::isfinite(outcome.sums.model) ||
                     !std::isfinite(steps.object) || !std::isfinite(steps.probe);
  if (outcome.diverged) {
    workspace.update(0, 0);
    return outcome;
  }
  outcome.object_step = steps.object;
  outcome.probe_step = steps.probe;
  workspace.update(steps.object, steps.probe);
  return outcome;
}

}  // namespace ptero::ptycho
