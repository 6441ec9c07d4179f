#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include <ptero/steering/advice.hpp>
#include <ptero/transport/socket.hpp>
#include <ptero/wire/events.hpp>

namespace ptero::detector {

/// As a scan controller sees it. now_steady_ns and now_utc_ns: when it was heard, on a clock that nobody
/// sets, which is the one of the advice's times, and in UTC. UTC tells how old the advice is, and only that:
/// if the clock was set back meanwhile it counts as new, and it never holds for longer than it was given for.
/// nullopt: nothing may be followed, or the event says what no advice does.
std::optional<steering::Advice> advice_of(const wire::AdviceEvent& event, std::int64_t now_steady_ns,
                                          std::int64_t now_utc_ns);

/// Listens to the event `advice`. Used by one thread.
class AdviceEar {
 public:
  /// Advice of this series counts, no other. Throws InputError for a malformed endpoint.
  AdviceEar(transport::Context& context, const std::string& endpoint, std::string series_uid);

  struct Word {
    std::optional<steering::Advice> advice;  ///< nullopt: nothing may be followed now
  };
  /// The next word on this series within `wait`.
  std::optional<Word> hear(std::chrono::milliseconds wait);

 private:
  transport::Socket socket_;
  std::string series_uid_;
};

}  // namespace ptero::detector
