#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

#include <ptero/services/host/control_socket.hpp>
#include <ptero/telemetry/log.hpp>

namespace ptero::ddip {

/// Where people ask for a separation, or for its end (`separation`, proto/control.md). Answers at once, from
/// a stage of its own: a step takes seconds. What comes behind add_stage() from one thread.
class SeparationControl {
 public:
  /// anything: there is a product that could be separated; asked by whoever answers. Binds at once; an empty
  /// endpoint: nobody can ask. Throws InputError.
  SeparationControl(transport::Context& context, const std::string& endpoint, bool insecure,
                    std::function<bool()> anything)
      : socket_(context, endpoint, insecure), anything_(std::move(anything)) {}

  /// The stage that answers, where an endpoint is bound.
  void add_stage(runtime::Service& service);
  std::string endpoint() const { return socket_.endpoint(); }

  /// Somebody wants the newest product separated, done before or not. True once a wish.
  bool take_start();
  /// A separation begins; who asks for its end stops this.
  std::stop_source begin();
  /// Its result is about to be shown: whoever has seen it and asks for a start means another one.
  void settled();
  /// It is over. True: because somebody asked for its end.
  bool end();

 private:
  wire::ControlAnswer obey(const wire::Control& asked);
  wire::ControlAnswer start();
  wire::ControlAnswer stop();

  host::ControlSocket socket_;
  const std::function<bool()> anything_;
  std::mutex mutex_;
  bool wanted_ = false;
  bool stopped_ = false;
  std::optional<std::stop_source> under_way_;
  telemetry::Logger log_{"ddip"};
};

}  // namespace ptero::ddip
