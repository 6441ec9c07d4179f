#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <ptero/core/result.hpp>
#include <ptero/positions/stream_event.hpp>

namespace ptero::positions {

/// What a client sends to port 8889 before anything comes.
inline constexpr const char* panda_tcp_request = "XML FRAMED SCALED\n";

/// The data port of a PandABox (8889), byte by byte as it comes: the answer to the request, then for each arm
/// a header (XML or plain), the samples (framed, ASCII or Base64; scaled, unscaled or raw) and an END line.
/// Memory: one sample, one line or one header, each bounded. For one thread.
class PandaTcpParser {
 public:
  explicit PandaTcpParser(Channels channels);
  ~PandaTcpParser();
  PandaTcpParser(PandaTcpParser&&) noexcept;
  PandaTcpParser& operator=(PandaTcpParser&&) noexcept;

  /// The events that these bytes complete. Failure: a sentence; the connection is of no more use, and every
  /// later call fails the same way. Values outside float64 never occur; NaN is passed on.
  Result<std::vector<StreamEvent>, std::string> feed(std::span<const std::byte> bytes);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ptero::positions
