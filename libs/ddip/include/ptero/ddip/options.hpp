#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ptero::ddip {

/// What lets only some bands of one slice through into another: f of [Du21, eq. 3].
enum class Filter : std::uint8_t {
  shallow,  ///< a network of 3 levels and 365 parameters
  single,   ///< one 7 x 7 kernel
};

/// Who does the element-wise loops on the CPU.
enum class Loops : std::uint8_t {
  own,      ///< fused, one thread a network
  library,  ///< PyTorch's operations, all threads in each: how the authors' code runs
};

enum class Device : std::uint8_t { cpu, cuda };

/// Every constant of the method. What is marked [code] is not in the paper but in the authors' public code.
struct Options {
  Filter filter = Filter::shallow;  ///< [Du21, section 2.1]: keeps more detail than single kernels
  double exclusion = 0.1;           ///< gamma; [Du21, section 3]: shallow 0.1 to 0.2, single 0.4 to 0.5
  std::size_t epochs = 10000;       ///< [Du21, section 3.1]

  double learning_rate = 1e-3;    ///< Adam [code]
  double decay = 0.9;             ///< of the rate, every `decay_every` epochs [code]
  std::size_t decay_every = 500;  ///< [code]
  double adam_beta1 = 0.9;        ///< PyTorch's defaults, as in [code]
  double adam_beta2 = 0.999;
  double adam_epsilon = 1e-8;

  double balance = 0.5;              ///< weight of sum (alpha - 1/2)^2 in the beginning [code]; [Du21, eq. 4]
  std::size_t balance_epochs = 100;  ///< for so long [Du21, eq. 4]

  double weight_span = 0.9;  ///< alpha = span * output + floor [code]
  double weight_floor = 0.05;

  double input_amplitude = 0.005;  ///< z is U(-a, a); 0.5 in [Du21, section 2.1], times 0.01 in [code]

  std::vector<std::int64_t> channels = {8, 16, 32, 64, 128};  ///< of the levels [Du21, fig. 2]
  std::vector<std::int64_t> skips = {0, 0, 0, 4, 4};  ///< channels of each level's skip [Du21, fig. 2]
  double leak = 0.2;                                  ///< slope of the leaky ReLU below 0 [code]
  double norm_epsilon = 1e-5;                         ///< of the batch normalisation [code]

  std::size_t exclusion_levels = 5;  ///< [Du21, eq. 4]
  double exclusion_divisor = 90;     ///< [code]
  double exclusion_power = 0.25;     ///< [code]

  /// Side of the input of the network behind alpha, at least 65; 0: the image's own size, as published. 72
  /// gives the same quality in two thirds of the time.
  std::size_t weight_input_side = 0;

  std::uint64_t seed = 1;
  Device device = Device::cpu;
  Loops loops = Loops::own;
  std::size_t threads = 0;             ///< on the CPU; 0: as many as there are cores
  std::size_t memory_limit_bytes = 0;  ///< refuse what would need more; 0: no limit

  /// The published settings with what was measured to be as good and faster: see doc/ddip.md.
  static Options fast() {
    Options options;
    options.weight_input_side = 72;
    return options;
  }
};

}  // namespace ptero::ddip
