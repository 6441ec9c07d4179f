#include <ptero/core/error.hpp>
#include <ptero/ptycho/cuda/device_floor.hpp>

#include "make_cuda_workspace.hpp"

namespace ptero::ptycho {

namespace {
[[noreturn]] void refuse() {
  throw InputError("reconstruction backend cuda: built without CUDA", "PTERO_CUDA was off",
                   "use backend cpu, or build with the cuda preset");
}
}  // namespace

std::unique_ptr<Workspace> make_cuda_workspace(const WorkspaceSpec&) {
  refuse();
}

DeviceFloor measure_cuda_floor(std::size_t, std::size_t, std::size_t) {
  refuse();
}

}  // namespace ptero::ptycho
