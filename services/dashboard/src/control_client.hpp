#pragma once

#include <string>

#include <ptero/transport/socket.hpp>
#include <ptero/wire/control.hpp>

namespace ptero::dashboard {

/// Asks a service and waits for its answer, 2 s at most; no answer is an answer that says so. Makes a socket
/// of its own each time, so that no late answer is taken for another's. Any thread.
wire::ControlAnswer ask(transport::Context& context, const std::string& endpoint,
                        const wire::Control& control);

}  // namespace ptero::dashboard
