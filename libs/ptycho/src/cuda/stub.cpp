#include <ptero/core/error.hpp>

#include "make_cuda_workspace.hpp"

namespace ptero::ptycho {

std::unique_ptr<Workspace> make_cuda_workspace(const WorkspaceSpec&) {
  throw InputError("reconstruction backend cuda: built without CUDA", "PTERO_CUDA was off",
                   "use backend cpu, or build with the cuda preset");
}

}  // namespace ptero::ptycho
