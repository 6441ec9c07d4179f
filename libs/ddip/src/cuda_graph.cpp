#include <ATen/cuda/CUDAContext.h>
#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

#include <ptero/core/error.hpp>

#include "step_runner.hpp"

namespace ptero::ddip {

namespace {

/// Thousands of small launches a step otherwise: the host would be slower than the device.
class CudaGraphRunner final : public StepRunner {
 public:
  CudaGraphRunner() : stream_(c10::cuda::getStreamFromPool()) {}

  void run(const std::function<void()>& step) override {
    const c10::cuda::CUDAStreamGuard guard(stream_);
    if (calls_++ < warm_up) return step();
    if (!recorded_) {
      stream_.synchronize();
      graph_.capture_begin();
      step();
      graph_.capture_end();
      recorded_ = true;
    }
    graph_.replay();
  }

 private:
  static constexpr int warm_up = 3;  // allocations, plans and algorithms settle first
  c10::cuda::CUDAStream stream_;
  at::cuda::CUDAGraph graph_;
  int calls_ = 0;
  bool recorded_ = false;
};

}  // namespace

std::unique_ptr<StepRunner> make_cuda_runner() {
  if (!at::cuda::is_available())
    throw InputError("no separation on a GPU", "no CUDA device answers", "use the device cpu");
  return std::make_unique<CudaGraphRunner>();
}

}  // namespace ptero::ddip
