#include <ptero/core/error.hpp>
#include <ptero/ptycho/workspace.hpp>
#include <string>

#include "cpu/cpu_workspace.hpp"
#include "make_cuda_workspace.hpp"

namespace ptero::ptycho {

std::string_view name_of(Backend backend) {
  return backend == Backend::cpu ? "cpu" : "cuda";
}

std::unique_ptr<Workspace> make_workspace(Backend backend, const WorkspaceSpec& spec) {
  if (spec.n == 0 || spec.n % 2 != 0)
    throw InputError("reconstruction: patterns of " + std::to_string(spec.n) + " pixels a side", "",
                     "the size must be even and positive");
  if (!(spec.regularisation > 0)) throw InputError("reconstruction: the regularisation must be positive");
  if (backend == Backend::cuda) return make_cuda_workspace(spec);
  return std::make_unique<CpuWorkspace>(spec);
}

}  // namespace ptero::ptycho
