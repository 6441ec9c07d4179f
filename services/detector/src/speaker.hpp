#pragma once

#include <chrono>
#include <cstdint>
#include <stop_token>

#include <ptero/core/series.hpp>
#include <ptero/services/detector/sender.hpp>

namespace ptero::detector {

/// One series in one protocol, as messages.
class Speaker {
 public:
  /// The series outlives it.
  Speaker(Protocol protocol, const SeriesInfo& info);

  Parts start() const;
  Parts image(Frame frame) const;
  /// Only the native end says how many frames there were.
  Parts end(std::uint64_t frames) const;

 private:
  Protocol protocol_;
  const SeriesInfo& info_;
  std::int64_t armed_utc_ns_;  // now
};

/// Blocks until somebody takes it. False: a stop was requested before.
bool send(transport::Socket& push, const Parts& parts, std::stop_token stop);

/// Sleeps in slices, so that a stop is heard.
void wait_until(std::chrono::steady_clock::time_point due, std::stop_token stop);

/// As a detector does, unless it is compressed already.
void compress(Frame& frame, Codec codec);

double seconds_since(std::chrono::steady_clock::time_point begun);

}  // namespace ptero::detector
