#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ptero::runtime {

enum class Severity : std::uint8_t {
  warning,   ///< somebody should look; nothing is lost and the service does its work
  critical,  ///< the service cannot do its work: it is not ready
};
std::string_view name_of(Severity severity);

/// What a service may have to say; declared at the start, so that an alarm that never rang is known as 0.
struct AlarmKind {
  std::string id;  ///< lower case with underscores: a label of a metric
  Severity severity = Severity::warning;
};

/// One ringing of an alarm, from the moment it was raised until it was cleared.
struct Alarm {
  std::string id;
  Severity severity = Severity::warning;
  std::string sentence;            ///< for a person: what is wrong, and what would help
  std::int64_t since_ns = 0;       ///< on the steady clock
  std::int64_t since_utc_ns = 0;   ///< the same moment, 1970 UTC
  std::int64_t until_ns = active;  ///< on the steady clock

  static constexpr std::int64_t active = INT64_MAX;
  bool is_active() const { return until_ns == active; }
};

/// The alarms of one service: which are active, and which were. Every member may be called from any thread.
class Alarms {
 public:
  /// Told of each alarm that is raised or cleared (Alarm::is_active), by the thread that did it.
  using OnChange = std::function<void(const Alarm&)>;

  explicit Alarms(std::vector<AlarmKind> kinds, OnChange on_change = {});

  /// Raised again, an active alarm keeps its beginning and takes the new sentence. An id that was not
  /// declared is a contract violation.
  void raise(std::string_view id, std::string sentence);
  /// Nothing happens when it is not active.
  void clear(std::string_view id);
  bool is_active(std::string_view id) const;

  /// The critical ones first, then the oldest.
  std::vector<Alarm> active() const;
  /// Those that were active at or after this moment of the steady clock, oldest first; of what is over the
  /// last 256.
  std::vector<Alarm> since(std::int64_t steady_ns) const;
  /// Each declared id with 1 while it is active, else 0: a family of gauges.
  std::vector<std::pair<std::string, double>> gauges() const;
  /// Grows with every change of what active() returns.
  std::uint64_t changes() const;

 private:
  static constexpr std::size_t kept = 256;
  const AlarmKind& kind(std::string_view id) const;

  const std::vector<AlarmKind> kinds_;
  const OnChange on_change_;
  mutable std::mutex mutex_;
  std::vector<Alarm> active_;
  std::deque<Alarm> over_;
  std::uint64_t changes_ = 0;
};

}  // namespace ptero::runtime
