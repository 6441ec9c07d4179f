#include "curve_guard.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <ptero/core/error.hpp>

namespace ptero::transport {

namespace {

constexpr const char* zap_endpoint = "inproc://zeromq.zap.01";  // RFC 27
constexpr int handshake_events = ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |
                                 ZMQ_EVENT_HANDSHAKE_FAILED_AUTH | ZMQ_EVENT_MONITOR_STOPPED;

std::vector<zmq::message_t> receive_all(zmq::socket_t& socket) {
  std::vector<zmq::message_t> parts;
  do {
    if (!socket.recv(parts.emplace_back(), zmq::recv_flags::dontwait)) return {};
  } while (parts.back().more());
  return parts;
}

std::string z85(const zmq::message_t& key) {
  std::array<char, 41> text{};
  if (key.size() != 32 || !zmq_z85_encode(text.data(), key.data<std::uint8_t>(), key.size())) return {};
  return text.data();
}

RefusalReason reason_of(std::uint16_t event, std::uint32_t value) {
  if (event == ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL) return RefusalReason::broken_off;
  if (event == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH) return RefusalReason::not_allowed;
  switch (value) {
    case ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH:
      return RefusalReason::no_key;
    case ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC:
    case ZMQ_PROTOCOL_ERROR_ZMTP_KEY_EXCHANGE:
      return RefusalReason::wrong_key;
    default:
      return RefusalReason::malformed;
  }
}

void check(const CurveFiles& files) {
  if (files.server_secret.empty() != files.allowed.empty())
    throw InputError("of [curve] server_secret and allowed only one is given", "",
                     "sockets that are bound need both: a key, and the keys of those who may connect");
  if (files.server_public.empty() != files.client_secret.empty())
    throw InputError("of [curve] server_public and client_secret only one is given", "",
                     "sockets that connect need both: the key they expect, and the one they show");
}

}  // namespace

void set_client_keys(zmq::socket_t& socket, const CurveKeys& keys) {
  try {
    socket.set(zmq::sockopt::curve_serverkey, keys.server_public);
    socket.set(zmq::sockopt::curve_publickey, keys.own_public);
    socket.set(zmq::sockopt::curve_secretkey, keys.own_secret);
  } catch (const zmq::error_t& error) {
    throw InputError("the CURVE keys cannot be used", error.what(),
                     "they have 40 characters of Z85, and libzmq must be built with CURVE");
  }
}

std::string_view name_of(RefusalReason reason) {
  switch (reason) {
    case RefusalReason::no_key:
      return "no_key";
    case RefusalReason::wrong_key:
      return "wrong_key";
    case RefusalReason::not_allowed:
      return "not_allowed";
    case RefusalReason::malformed:
      return "malformed";
    case RefusalReason::no_right:
      return "no_right";
    case RefusalReason::too_much:
      return "too_much";
    case RefusalReason::broken_off:
      break;
  }
  return "broken_off";
}

CurveGuard::CurveGuard(zmq::context_t& context, const CurveFiles& files, OnRefused on_refused)
    : context_(context), on_refused_(std::move(on_refused)) {
  check(files);
  if (!files.server_secret.empty()) {
    server_secret_ = read_curve_key(files.server_secret, CurveHalf::of_secret);
    allowed_.emplace(files.allowed);
    zap_.emplace(context_, zmq::socket_type::rep);
    zap_->set(zmq::sockopt::linger, 0);
    zap_->bind(zap_endpoint);
  }
  if (!files.client_secret.empty()) {
    const auto secret = read_curve_key(files.client_secret, CurveHalf::of_secret);
    client_ =
        CurveKeys{read_curve_key(files.server_public, CurveHalf::of_public), curve_public_of(secret), secret};
  }
  thread_ = std::thread([this] { run(); });
}

CurveGuard::~CurveGuard() {
  stop_ = true;
  wakeup_.notify();
  thread_.join();
}

void CurveGuard::prepare(zmq::socket_t& socket, Refusal::Side side, Right needs) {
  static std::atomic<unsigned> number = 0;
  if (side == Refusal::Side::connected) {
    if (client_) set_client_keys(socket, *client_);
  } else if (encrypts_bound()) {
    socket.set(zmq::sockopt::curve_server, true);
    socket.set(zmq::sockopt::curve_secretkey, server_secret_);
    socket.set(zmq::sockopt::zap_domain, std::string(name_of(needs)));
    // libzmq lets everybody in where nobody answers its question: the answering socket is bound before this
    // one is and outlives it.
  }
  const std::string name = "inproc://ptero-handshakes-" + std::to_string(++number);
  if (zmq_socket_monitor(socket.handle(), name.c_str(), handshake_events) != 0)
    throw Error("cannot watch a socket's handshakes", zmq_strerror(zmq_errno()));
  zmq::socket_t events(context_, zmq::socket_type::pair);
  events.set(zmq::sockopt::linger, 0);
  events.connect(name);
  {
    // The mutex hands the socket over to the guard's thread.
    const std::lock_guard lock(mutex_);
    new_.push_back({std::move(events), side});
  }
  wakeup_.notify();
}

void CurveGuard::run() {
  while (!stop_) try {
      serve_once();
    } catch (const zmq::error_t& error) {
      if (error.num() != EINTR) return;  // the context is shut down
    }
}

void CurveGuard::serve_once() {
  {
    const std::lock_guard lock(mutex_);
    for (auto& watched : new_) watched_.push_back(std::move(watched));
    new_.clear();
  }
  std::vector<zmq::pollitem_t> items{{nullptr, wakeup_.fd(), ZMQ_POLLIN, 0}};
  if (zap_) items.push_back({zap_->handle(), 0, ZMQ_POLLIN, 0});
  const std::size_t first = items.size();
  for (auto& watched : watched_) items.push_back({watched.events.handle(), 0, ZMQ_POLLIN, 0});
  zmq::poll(items, std::chrono::milliseconds(-1));
  if ((items[0].revents & ZMQ_POLLIN) != 0) wakeup_.drain();
  if (zap_ && (items[1].revents & ZMQ_POLLIN) != 0) answer_zap();
  for (std::size_t i = watched_.size(); i-- > 0;)
    if ((items[first + i].revents & ZMQ_POLLIN) != 0 && !take_event(watched_[i]))
      watched_.erase(watched_.begin() + static_cast<std::ptrdiff_t>(i));
}

/// Request: version, request id, domain, address, identity, mechanism, credentials. The domain is the right
/// that the socket needs; the user id of the answer goes with every message of the connection: key and
/// rights.
void CurveGuard::answer_zap() {
  const auto request = receive_all(*zap_);
  if (request.empty()) return;
  const bool curve = request.size() == 7 && request[5].to_string_view() == "CURVE";
  const std::string key = curve ? z85(request[6]) : "";
  const Rights rights = key.empty() ? Rights() : allowed_->rights_of(key);
  const auto needed = right_of(request.size() > 2 ? request[2].to_string_view() : "");
  const bool let_in = needed && rights.has(*needed);
  if (!let_in)
    refused({Refusal::Side::bound, rights.none() ? RefusalReason::not_allowed : RefusalReason::no_right, "",
             request.size() > 3 ? request[3].to_string() : "", key,
             needed ? "it may not " + std::string(name_of(*needed)) : ""});
  const std::string id = request.size() > 1 ? request[1].to_string() : "";
  const std::string user = key + " " + words_of(rights);
  const std::string_view answer[] = {"1.0", id, let_in ? "200" : "400", let_in ? "OK" : "not allowed",
                                     user,  ""};
  for (const auto& part : answer)
    zap_->send(zmq::message_t(part.data(), part.size()),
               &part == &answer[5] ? zmq::send_flags::none : zmq::send_flags::sndmore);
}

/// False: nothing more will come, the socket is gone.
bool CurveGuard::take_event(Watched& watched) {
  const auto parts = receive_all(watched.events);
  if (parts.empty() || parts[0].size() < 6) return true;
  std::uint16_t event = 0;
  std::uint32_t value = 0;
  std::memcpy(&event, parts[0].data(), sizeof event);
  std::memcpy(&value, parts[0].data<char>() + sizeof event, sizeof value);
  if (event == ZMQ_EVENT_MONITOR_STOPPED) return false;
  // Who is not on the list has been counted when we were asked.
  const bool counted = event == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH && watched.side == Refusal::Side::bound;
  const std::string endpoint = parts.size() > 1 ? parts[1].to_string() : "";
  if (!counted) refused({watched.side, reason_of(event, value), endpoint, "", ""});
  return true;
}

void CurveGuard::refused(const Refusal& refusal) const {
  if (on_refused_) on_refused_(refusal);
}

}  // namespace ptero::transport
