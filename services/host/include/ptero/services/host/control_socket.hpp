#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include <ptero/runtime/service.hpp>
#include <ptero/transport/guarded_socket.hpp>
#include <ptero/wire/control.hpp>

namespace ptero::host {

/// Where people ask something of a service (proto/control.md): a ROUTER, one answer a question, in order. Who
/// asks more than a person can is cut off. Used by one thread after the constructor.
class ControlSocket {
 public:
  /// Binds at once; an empty endpoint: nobody can ask. Throws InputError.
  ControlSocket(transport::Context& context, const std::string& endpoint, bool insecure);

  using Do = std::function<wire::ControlAnswer(const wire::Control&)>;
  /// Answers what was asked meanwhile; waits so long for the first question. A flood of them is answered a
  /// few at a time.
  void answer(const Do& act, std::chrono::milliseconds wait = std::chrono::milliseconds(0));

  /// Adds the stage that answers until the service stops, where an endpoint is bound. Before the start; this
  /// outlives the stage, and answer() is called by nobody else.
  void add_stage(runtime::Service& service, Do act);

  bool bound() const { return socket_.has_value(); }
  /// Empty when nothing is bound.
  std::string endpoint() const { return socket_ ? socket_->endpoint() : ""; }

 private:
  std::optional<transport::GuardedSocket> socket_;
};

}  // namespace ptero::host
