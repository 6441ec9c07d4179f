#include "receive_stage.hpp"

#include <algorithm>
#include <filesystem>

#include <ptero/runtime/clock.hpp>
#include <ptero/runtime/on_exit.hpp>

#include "protocols.hpp"

namespace ptero::ingest {

using namespace std::chrono_literals;

namespace {

transport::SocketKind kind_of(const IngestOptions& options) {
  return options.socket == "sub" ? transport::SocketKind::sub : transport::SocketKind::pull;
}

/// Messages that the socket may hold: four times queue_bytes of the largest frames, as their size is not
/// known before they come. A kill of this process may lose them.
int messages_held(const IngestOptions& options) {
  constexpr std::size_t fewest = 4, most = 64;
  return static_cast<int>(std::clamp(4 * options.queue_bytes / options.max_frame_bytes, fewest, most));
}

transport::SocketOptions socket_for(const IngestOptions& options) {
  const bool sub = kind_of(options) == transport::SocketKind::sub;
  transport::SocketOptions socket;
  // A SUB drops what it has no room for, where a PULL lets wait.
  socket.high_water_mark = options.receive_hwm > 0 ? options.receive_hwm
                           : sub                   ? 10'000
                                                   : messages_held(options);
  socket.max_message_bytes = protocol_of(options.source).largest_message(options.max_frame_bytes);
  socket.foreign = true;
  socket.curve = options.curve;
  return socket;
}

}  // namespace

ReceiveStage::ReceiveStage(transport::Context& context, const IngestOptions& options, ReceiveQueue& queue)
    : options_(options), queue_(queue), detector_(context, kind_of(options), socket_for(options)) {
  detector_.connect(parse_source(options.source).endpoint);
  if (kind_of(options) == transport::SocketKind::sub) detector_.subscribe("");
}

void ReceiveStage::run(std::stop_token stop, runtime::Heartbeat& beat) {
  log_.info("waits for series", {{"source", options_.source},
                                 {"positions", options_.positions},
                                 {"out", std::filesystem::path(options_.out).string()}});
  const runtime::OnExit last([this] { queue_.close(); });
  while (!stop.stop_requested()) {
    beat.beat();
    auto parts = detector_.receive(100ms);
    if (parts) beat.waiting("for room in the queue");
    if (parts && !queue_.push({*std::move(parts), runtime::steady_now_ns(), {}}, stop)) break;
  }
}

void ReceiveStage::leave() {
  detector_.disconnect(parse_source(options_.source).endpoint);
}

}  // namespace ptero::ingest
