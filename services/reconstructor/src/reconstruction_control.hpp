#pragma once

#include <atomic>
#include <optional>
#include <string>

#include <ptero/runtime/bounded_queue.hpp>
#include <ptero/services/host/control_socket.hpp>
#include <ptero/telemetry/log.hpp>

namespace ptero::reconstructor {

/// What a person wants of the reconstruction under way.
enum class Wish : std::uint8_t {
  start,    ///< go on
  stop,     ///< take frames in, but do not iterate
  restart,  ///< begin the object anew with the frames that are in, and iterate
};

/// Where people ask for it (`reconstruction`, proto/control.md). Answers at once, from a stage of its own: a
/// batch may take longer than somebody waits. set_active() and next() from one thread.
class ReconstructionControl {
 public:
  /// Binds at once; an empty endpoint: nobody can ask. Throws InputError.
  ReconstructionControl(transport::Context& context, const std::string& endpoint, bool insecure)
      : socket_(context, endpoint, insecure) {}

  /// The stage that answers, where an endpoint is bound.
  void add_stage(runtime::Service& service);
  std::string endpoint() const { return socket_.endpoint(); }

  /// There is a reconstruction to ask something of, or none any more.
  void set_active(bool active) { active_ = active; }
  /// What was asked for since, the oldest first.
  std::optional<Wish> next() { return wishes_.try_pop(); }

 private:
  wire::ControlAnswer obey(const wire::Control& asked);

  host::ControlSocket socket_;
  std::atomic<bool> active_ = false;
  static constexpr std::size_t most_wishes = 16;
  runtime::BoundedQueue<Wish> wishes_{most_wishes};
  telemetry::Logger log_{"reconstructor"};
};

}  // namespace ptero::reconstructor
