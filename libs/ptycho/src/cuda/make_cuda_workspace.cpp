#include "../make_cuda_workspace.hpp"

#include "cuda_workspace.hpp"

namespace ptero::ptycho {

std::unique_ptr<Workspace> make_cuda_workspace(const WorkspaceSpec& spec) {
  return std::make_unique<cuda::CudaWorkspace>(spec);
}

}  // namespace ptero::ptycho
