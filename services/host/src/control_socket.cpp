#include <ptero/services/host/control_socket.hpp>

namespace ptero::host {

namespace {
constexpr int most_at_once = 16;
constexpr transport::SocketOptions small_messages{
    .high_water_mark = 16, .max_message_bytes = 1 << 16, .needs = transport::Right::ask};
constexpr transport::PeerLimits of_people{
    .messages_per_s = 50, .messages = 500, .bytes_per_s = 1 << 20, .bytes = 4 << 20};
}  // namespace

ControlSocket::ControlSocket(transport::Context& context, const std::string& endpoint, bool insecure) {
  if (endpoint.empty()) return;
  auto options = small_messages;
  options.insecure = insecure;
  socket_.emplace(context, transport::SocketKind::router, options, of_people);
  socket_->bind(endpoint);
}

void ControlSocket::answer(const Do& act, std::chrono::milliseconds wait) {
  if (!socket_ || (wait.count() > 0 && !socket_->wait(wait))) return;
  for (int answered = 0; answered < most_at_once; ++answered) {
    const auto message = socket_->receive();
    if (!message) return;
    const auto& parts = message->parts;
    if (parts.size() != 2) continue;  // not one of ours; whoever sent it waits in vain
    const auto asked = wire::decode_control(parts[1]);
    const auto said =
        asked ? act(*asked)
              : wire::ControlAnswer{false, "this is no control (" + std::string(name_of(asked.reason())) +
                                               "); see proto/control.md"};
    socket_->send({parts[0], wire::encode(said)});
  }
}

void ControlSocket::add_stage(runtime::Service& service, Do act) {
  if (!bound()) return;
  service.add_stage("control", [this, act = std::move(act)](std::stop_token stop, runtime::Heartbeat& beat) {
    while (!stop.stop_requested()) {
      beat.beat();
      answer(act, std::chrono::milliseconds(100));
    }
  });
}

}  // namespace ptero::host
