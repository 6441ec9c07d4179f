#include <cmath>
#include <ptero/core/error.hpp>
#include <ptero/ptycho/workspace.hpp>
#include <string>

#include "cpu/cpu_workspace.hpp"
#include "make_cuda_workspace.hpp"

namespace ptero::ptycho {

std::string_view name_of(Backend backend) {
  return backend == Backend::cpu ? "cpu" : "cuda";
}

namespace {
void check_near_field(const WorkspaceSpec& spec) {
  if (!(spec.pixel_m > 0 && spec.wavelength_m > 0) || !std::isfinite(spec.near_field_m))
    throw InputError(
        "reconstruction: the near field needs the distance, the wavelength and the size of a pixel");
  // The propagator's phase turns by half a cycle from one frequency to the next at this distance.
  const double farthest = static_cast<double>(spec.n) * spec.pixel_m * spec.pixel_m / spec.wavelength_m;
  if (std::abs(spec.near_field_m) > farthest)
    throw InputError("reconstruction: the detector is too far away for the near field",
                     "at most " + std::to_string(farthest) + " m with patterns of " + std::to_string(spec.n) +
                         " pixels, not " + std::to_string(spec.near_field_m) + " m",
                     "check distance, focus and pixel, or leave the near field out");
}
}  // namespace

std::unique_ptr<Workspace> make_workspace(Backend backend, const WorkspaceSpec& spec) {
  if (spec.n == 0 || spec.n % 2 != 0)
    throw InputError("reconstruction: patterns of " + std::to_string(spec.n) + " pixels a side", "",
                     "the size must be even and positive");
  if (!(spec.regularisation > 0)) throw InputError("reconstruction: the regularisation must be positive");
  if (spec.modes == 0) throw InputError("reconstruction: no probe mode", "", "1 is the least");
  if (spec.slices() > 1 && !(spec.pixel_m > 0 && spec.wavelength_m > 0))
    throw InputError("reconstruction: slices need the wavelength and the size of an object pixel");
  for (const double spacing : spec.slice_spacing_m)
    if (!(std::abs(spacing) > 0) || !std::isfinite(spacing))
      throw InputError("reconstruction: the distance between slices must not be zero");
  if (spec.regime() == Regime::near_field) check_near_field(spec);
  if (spec.constraint == Constraint::difference_map &&
      (spec.modes > 1 || spec.slices() > 1 || spec.noise != Noise::gaussian || spec.has_weights()))
    throw InputError("reconstruction: the difference map knows one probe mode, one slice and no weights", "",
                     "use LSQ-ML for more");
  if (backend == Backend::cuda) return make_cuda_workspace(spec);
  return std::make_unique<CpuWorkspace>(spec);
}

}  // namespace ptero::ptycho
