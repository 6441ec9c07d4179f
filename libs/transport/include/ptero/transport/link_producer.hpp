#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <ptero/core/result.hpp>
#include <ptero/transport/guarded_socket.hpp>
#include <ptero/wire/link.hpp>
#include <string>

namespace ptero::transport {

/// Entries that a consumer may have in flight at most, whatever credit it gives: what it does not read waits
/// in our memory.
inline constexpr std::uint64_t max_link_credit = 4096;

/// Frames that a consumer may have asked for and not got at most; who asks for more is cut off.
inline constexpr std::uint64_t max_link_wanted = 65'536;

/// One entry of a link.
struct LinkEntry {
  std::uint64_t sequence = 0;
  std::uint64_t ticket = 0;  ///< of the want it answers, outside the order; 0: in order
  Parts parts;
  std::uint64_t behind = 0;  ///< how many wait for this consumer behind it, as the feed knows
};

/// What one consumer still has to get. Made at its hello, used by the link's thread alone.
class Feed {
 public:
  virtual ~Feed() = default;
  /// The next entry, or nothing for now; the producer asks again when it is woken.
  virtual std::optional<LinkEntry> next() = 0;
  /// The consumer asks for single frames; next() gives them when it can, and answers for each one.
  virtual void want(const wire::Want& want) = 0;
};

/// The producer's end of a link (proto/link.md): a ROUTER that pushes to each consumer as many entries as it
/// gave credit for, so memory in flight is bounded by the consumers. A new hello of the same consumer
/// replaces the session before; another consumer of the same name is refused while the first is there. run()
/// is the link's thread; wake() and the counters may be called from any thread.
class LinkProducer {
 public:
  /// A feed for this hello, or the reason why there is none.
  using OpenFeed = std::function<Result<std::unique_ptr<Feed>, std::string>(const wire::Hello&)>;
  /// Parts that a consumer delivers. Called in the link's thread.
  using OnDeliver = std::function<void(const std::string& consumer, const Parts& parts)>;
  /// Who may deliver: the consumer of that name (empty: any), if its key has the right to. Anybody else is
  /// cut off, and told of in words; called in the link's thread.
  struct Deliverer {
    std::string name;
    std::function<void(const std::string& sentence)> on_other;
  };

  /// Binds at once, so that a port in use is found at start-up. Throws InputError.
  LinkProducer(Context& context, const std::string& endpoint, const SocketOptions& options,
               OpenFeed open_feed, OnDeliver on_deliver);
  LinkProducer(Context& context, const std::string& endpoint, const SocketOptions& options,
               OpenFeed open_feed, OnDeliver on_deliver, Deliverer deliverer);

  /// Serves until `keep_going` returns false; asked at least every 100 ms.
  void run(const std::function<bool()>& keep_going);
  /// There may be something new to send.
  void wake() const { socket_.notify(); }

  std::string endpoint() const { return endpoint_; }
  std::size_t consumers() const { return consumer_count_; }
  std::uint64_t entries_sent() const { return entries_sent_; }
  std::uint64_t bad_messages() const { return bad_messages_; }
  std::uint64_t refused_hellos() const { return refused_hellos_; }
  std::uint64_t refused_deliveries() const { return refused_deliveries_; }

 private:
  using Clock = std::chrono::steady_clock;
  struct Consumer {
    std::string name;
    std::uint64_t owner = 0;
    std::uint64_t session = 0;
    std::uint64_t credit = 0;
    std::uint64_t wanted = 0;  ///< frames it asked for and has not got
    std::uint64_t next = 0;    ///< the number it expects
    std::unique_ptr<Feed> feed;
    std::string address;
    Clock::time_point last_sent;
    Clock::time_point last_heard;
  };

  void handle(const Parts& message, Peer& from);
  void open(const std::string& route, const wire::Hello& hello, Peer& from);
  void want(std::map<std::string, Consumer>::iterator consumer, const wire::Want& want, Peer& from);
  void deliver(std::map<std::string, Consumer>::iterator consumer, const Parts& message, Peer& from);
  std::optional<std::string> why_not(const std::string& route, const wire::Hello& hello);
  void forget(std::map<std::string, Consumer>::iterator consumer);
  /// Calls serve(route, consumer) for each and forgets those for which it returns false: they are gone.
  template <class F>
  void keep_consumers_if(F serve);
  bool pump();
  void send_keepalives();
  bool send(const std::string& route, Consumer& consumer, Parts parts);

  GuardedSocket socket_;
  std::string endpoint_;
  OpenFeed open_feed_;
  OnDeliver on_deliver_;
  Deliverer deliverer_;
  std::map<std::string, Consumer> consumers_;  // by routing id
  std::atomic<std::size_t> consumer_count_ = 0;
  std::atomic<std::uint64_t> entries_sent_ = 0;
  std::atomic<std::uint64_t> bad_messages_ = 0;
  std::atomic<std::uint64_t> refused_hellos_ = 0;
  std::atomic<std::uint64_t> refused_deliveries_ = 0;
};

}  // namespace ptero::transport
