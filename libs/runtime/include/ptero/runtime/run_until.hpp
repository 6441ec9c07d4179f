#pragma once

#include <cstdint>
#include <optional>
#include <ptero/runtime/service.hpp>
#include <ptero/runtime/signal_wait.hpp>
#include <vector>

namespace ptero::runtime {

enum class Ended : std::uint8_t { finished, failed, signalled };

struct Outcome {
  Ended how = Ended::finished;
  int signal = 0;                  ///< with Ended::signalled
  std::optional<Failure> failure;  ///< the first; may be there after a signal too
};

/// Starts the services in order, waits until a signal, the first failure, or until all have finished by
/// themselves; then stops whatever still runs and joins all.
Outcome run_until(const std::vector<Service*>& services, SignalWait& signals);

}  // namespace ptero::runtime
