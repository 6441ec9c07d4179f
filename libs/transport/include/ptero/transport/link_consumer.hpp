#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <ptero/transport/link_producer.hpp>
#include <ptero/transport/socket.hpp>
#include <ptero/wire/link.hpp>
#include <string>
#include <vector>

namespace ptero::transport {

struct LinkConsumerOptions {
  std::string name;                         ///< who says hello
  std::uint64_t credit = 64;                ///< entries in flight, 4096 at most; times their size: the memory
  std::chrono::milliseconds silence{1000};  ///< after so long without a word, hello again with a new session
};

/// The consumer's end of a link: a DEALER that says hello, grants credit as entries are taken, and says hello
/// again after silence or a hole in the sequence (a DEALER hides a reconnection). A connection that stays
/// silent for 5 s is made anew. Used by one thread.
class LinkConsumer {
 public:
  /// Fills in what the consumer already holds (series_uid, next, revision, holds); asked at every hello.
  using Resume = std::function<wire::Hello()>;

  LinkConsumer(Context& context, const std::string& endpoint, const LinkConsumerOptions& options,
               Resume resume);

  enum class EventKind { nothing, session, entry, refused };
  struct Event {
    EventKind kind = EventKind::nothing;
    LinkEntry entry;   ///< of an entry
    std::string text;  ///< of a refusal: why
  };
  /// The next event; `nothing` when the time is over or `wakeup` was notified. `session`: the producer
  /// answered a hello, and what was delivered before may be lost (it may be another process): say it again.
  /// `refused`: it does not serve this consumer and says why; told again every 30 s while it stays so.
  Event poll(std::chrono::milliseconds timeout, const Wakeup* wakeup = nullptr);

  /// Says hello again, with a new session: what `resume` says has changed.
  void hello();

  /// Asks for single frames; `session` of it is filled in. False: not connected, ask again at the next
  /// session.
  bool want(wire::Want want);
  /// Something for the producer itself. False: not connected, say it again at the next session.
  bool deliver(Bytes body);

  std::uint64_t hellos() const { return hellos_; }

 private:
  using Clock = std::chrono::steady_clock;

  void say_hello();
  void show_life();
  void took_one();
  Event handle(const Parts& message);
  Event take_refusal(const wire::Refused& refused);
  Event take_entry(const wire::EntryHeader& header, const Parts& message);

  Socket socket_;
  LinkConsumerOptions options_;
  Resume resume_;
  const std::uint64_t owner_;  ///< tells this consumer from another of the same name
  std::uint64_t session_ = 0;
  wire::Hello hello_;
  bool said_ = false;  ///< the hello has left: there was a connection
  bool answered_ = false;
  std::uint64_t expected_ = 0;
  std::uint64_t taken_ = 0;
  std::uint64_t hellos_ = 0;
  Clock::time_point last_heard_{};
  Clock::time_point last_said_{};
  std::string refusal_;
  Clock::time_point refusal_told_{};
};

}  // namespace ptero::transport
