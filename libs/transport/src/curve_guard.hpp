#pragma once

#include <atomic>
#include <mutex>
#include <optional>
#include <ptero/transport/curve_gate.hpp>
#include <ptero/transport/curve_keys.hpp>
#include <ptero/transport/wakeup.hpp>
#include <thread>
#include <vector>
#include <zmq.hpp>

#include "allow_list.hpp"

namespace ptero::transport {

/// Stands at the door of a context: answers libzmq's question who may come in (ZAP, RFC 27), and listens to
/// the sockets' handshakes that fail. One thread.
class CurveGuard {
 public:
  /// Reads the files. Throws InputError.
  CurveGuard(zmq::context_t& context, const CurveFiles& files, OnRefused on_refused);
  /// The context must have been shut down, and its sockets be gone.
  ~CurveGuard();
  CurveGuard(const CurveGuard&) = delete;
  CurveGuard& operator=(const CurveGuard&) = delete;

  bool encrypts_bound() const { return !server_secret_.empty(); }
  /// Sets the keys of a socket that is about to be bound or connected over tcp, and listens to it. A client
  /// without the right that is needed is not let in.
  void prepare(zmq::socket_t& socket, Refusal::Side side, Right needs);
  /// From any thread.
  void refused(const Refusal& refusal) const;

 private:
  struct Watched {
    zmq::socket_t events;
    Refusal::Side side;
  };
  void run();
  void answer_zap();
  bool take_event(Watched& watched);
  void serve_once();

  zmq::context_t& context_;
  OnRefused on_refused_;
  std::string server_secret_;
  std::optional<AllowList> allowed_;
  std::optional<CurveKeys> client_;
  std::optional<zmq::socket_t> zap_;
  Wakeup wakeup_;
  std::mutex mutex_;  // of new_
  std::vector<Watched> new_;
  std::vector<Watched> watched_;
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

/// Throws InputError where they are no keys.
void set_client_keys(zmq::socket_t& socket, const CurveKeys& keys);

}  // namespace ptero::transport
