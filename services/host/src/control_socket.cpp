#include <ptero/services/host/control_socket.hpp>

namespace ptero::host {

namespace {
constexpr int most_at_once = 16;
constexpr transport::SocketOptions small_messages{.high_water_mark = 16, .max_message_bytes = 1 << 16};
}  // namespace

ControlSocket::ControlSocket(transport::Context& context, const std::string& endpoint, bool insecure) {
  if (endpoint.empty()) return;
  auto options = small_messages;
  options.insecure = insecure;
  socket_.emplace(context, transport::SocketKind::router, options);
  socket_->bind(endpoint);
}

void ControlSocket::answer(const Obey& obey, std::chrono::milliseconds wait) {
  if (!socket_) return;
  for (int answered = 0; answered < most_at_once; ++answered) {
    const auto message = socket_->receive(answered == 0 ? wait : std::chrono::milliseconds(0));
    if (!message) return;
    if (message->size() != 2) continue;  // not one of ours; whoever sent it waits in vain
    const auto asked = wire::decode_control((*message)[1]);
    const auto said =
        asked ? obey(*asked)
              : wire::ControlAnswer{false, "this is no control (" + std::string(name_of(asked.reason())) +
                                               "); see proto/control.md"};
    socket_->send({(*message)[0], wire::encode(said)});
  }
}

void ControlSocket::add_stage(runtime::Service& service, Obey obey) {
  if (!bound()) return;
  service.add_stage("control",
                    [this, obey = std::move(obey)](std::stop_token stop, runtime::Heartbeat& beat) {
                      while (!stop.stop_requested()) {
                        beat.beat();
                        answer(obey, std::chrono::milliseconds(100));
                      }
                    });
}

}  // namespace ptero::host
