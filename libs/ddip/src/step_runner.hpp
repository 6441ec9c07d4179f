#pragma once

#include <functional>
#include <memory>

namespace ptero::ddip {

/// How a step is carried out: called again each time, or recorded once and replayed.
class StepRunner {
 public:
  virtual ~StepRunner() = default;
  virtual void run(const std::function<void()>& step) = 0;
};

/// A CUDA graph of the whole step, recorded after a few steps of warming up. Throws InputError where PyTorch
/// was built without CUDA or no GPU answers.
std::unique_ptr<StepRunner> make_cuda_runner();

}  // namespace ptero::ddip
