#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <ptero/transport/guarded_socket.hpp>
#include <string>

namespace ptero::transport {

/// Who subscribes to a service's health hears it once a second; a connection silent for so long is dead.
inline constexpr std::chrono::milliseconds events_silence{6000};

/// Publishes the newest value of each topic and gives every new subscriber the values there are. A value
/// replaced before it was sent is dropped unseen, so a stuck viewer costs nothing; one with more than a
/// thousand subscriptions, or that says anything else, is cut off. publish() may be called
/// from any thread; run() is the publisher's thread. Wire form: [topic][part]...
class EventPublisher {
 public:
  /// Binds at once. Throws InputError.
  EventPublisher(Context& context, const std::string& endpoint, const SocketOptions& options);

  void publish(std::string_view topic, Parts parts);
  void run(const std::function<bool()>& keep_going);

  std::string endpoint() const { return endpoint_; }

 private:
  using Clock = std::chrono::steady_clock;
  struct Value {
    Parts parts;
    bool fresh = false;
    Clock::time_point sent{};
  };
  void send_fresh();
  void greet(const Parts& subscription, Peer& from);

  GuardedSocket socket_;
  std::string endpoint_;
  std::mutex mutex_;
  std::map<std::string, Value, std::less<>> values_;
};

}  // namespace ptero::transport
