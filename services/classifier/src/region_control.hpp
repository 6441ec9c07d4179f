#pragma once

#include <functional>
#include <optional>
#include <string>

#include <ptero/roi/options.hpp>
#include <ptero/telemetry/log.hpp>
#include <ptero/transport/socket.hpp>
#include <ptero/wire/control.hpp>

namespace ptero::classifier {

/// Where people ask for another border or fill-in (proto/control.md), and what they last wanted: it outlives
/// a series. Used by one thread after the constructor.
class RegionControl {
 public:
  /// Binds at once; an empty endpoint: nobody can ask. Throws InputError.
  RegionControl(transport::Context& context, const std::string& endpoint,
                const transport::SocketOptions& options, roi::RegionShape first);

  /// Answers one action of others; nullopt: it is none of theirs.
  using Others = std::function<std::optional<wire::ControlAnswer>(const wire::Control&)>;
  /// Answers what was asked meanwhile. `change` is told the new shape and says from when on it is in force.
  void answer(const std::function<wire::ControlAnswer(roi::RegionShape)>& change, const Others& others = {});

  roi::RegionShape wanted() const { return wanted_; }
  void set_wanted(roi::RegionShape shape) { wanted_ = shape; }
  /// Empty when nothing is bound.
  std::string endpoint() const { return socket_ ? socket_->endpoint() : ""; }

 private:
  wire::ControlAnswer obey(const wire::Control& asked,
                           const std::function<wire::ControlAnswer(roi::RegionShape)>& change,
                           const Others& others);

  std::optional<transport::Socket> socket_;
  roi::RegionShape wanted_;
  telemetry::Logger log_{"classifier"};
};

}  // namespace ptero::classifier
