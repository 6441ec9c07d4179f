#include <ptero/core/error.hpp>

#include "step_runner.hpp"

namespace ptero::ddip {

std::unique_ptr<StepRunner> make_cuda_runner() {
  throw InputError("no separation on a GPU", "this LibTorch was built without CUDA", "use the device cpu");
}

}  // namespace ptero::ddip
