#include <ptero/synth/named_sample.hpp>
#include <string>

namespace ptero::synth {

void put_sample(std::string_view name, SimulatorOptions& experiment) {
  if (name != "two-slice") {
    experiment.sample = sample_from_name(name);
    return;
  }
  put_two_slices(TwoSliceKind::particles_over_grain, experiment);
  if (experiment.uid.empty()) experiment.uid = "sim-two-slice-" + std::to_string(experiment.seed);
}

}  // namespace ptero::synth
