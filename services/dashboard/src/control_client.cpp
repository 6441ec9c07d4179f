#include "control_client.hpp"

namespace ptero::dashboard {

using namespace std::chrono_literals;

wire::ControlAnswer ask(transport::Context& context, const std::string& endpoint,
                        const wire::Control& control) {
  transport::Socket socket(context, transport::SocketKind::dealer, {.linger = 0ms});
  socket.connect(endpoint);
  socket.send({wire::encode(control)}, 2000ms);
  const auto answer = socket.receive(2000ms);
  if (!answer)
    return {false, "the service did not answer within 2 s: it is not running, or busy and does it later"};
  const auto said = wire::decode_control_answer(answer->at(0));
  if (!said)
    return {false, "the service's answer cannot be read (" + std::string(name_of(said.reason())) + ")"};
  return *said;
}

}  // namespace ptero::dashboard
