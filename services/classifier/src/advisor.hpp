#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

#include <ptero/roi/online_classifier.hpp>
#include <ptero/steering/desk.hpp>
#include <ptero/telemetry/log.hpp>
#include <ptero/telemetry/metrics.hpp>
#include <ptero/transport/event_publisher.hpp>
#include <ptero/wire/control.hpp>
#include <ptero/wire/events.hpp>

#include "series_session.hpp"

namespace ptero::classifier {

/// Tells the scan where to go next, as the event `advice`: after every revision, and once more on all frames
/// when they pause, for a pass that is over waits for the next. A revision takes back what was said before
/// it, and so does a person who marks frames or changes the region: no revision may follow where the scan
/// waits. While frames are few or show no contrast, advice goes no further than the first pass. Planned
/// beside the stream. Used by one thread.
class Advisor {
 public:
  /// The executor and the publisher outlive it. Throws InputError for options that cannot work.
  Advisor(steering::SteeringOptions options, roi::RoiOptions method, roi::Executor executor,
          transport::EventPublisher& events, telemetry::Metrics& metrics);

  /// A new series: what was said before is taken back. changes_by_people: of its session so far.
  void begin(const std::string& series_uid, std::uint64_t changes_by_people);
  /// Again and again, some ten times a second at least. Plans where something has changed and takes back what
  /// is about to expire.
  void look(const SeriesSession& session, std::int64_t now_ns);
  /// `accept_advice` and `reject_advice`; nullopt: another action.
  std::optional<wire::ControlAnswer> decide(const wire::Control& asked, std::int64_t now_ns);

 private:
  /// What a situation is good for.
  enum class Sight : std::uint8_t {
    clear,
    blind,  ///< nobody can tell sample from background: the first pass alone, and no end
  };
  struct View {
    steering::Situation situation;
    Sight sight = Sight::clear;
  };
  /// What advice rests on; with another it is stale.
  struct Basis {
    std::uint64_t revision = 0;
    std::uint64_t changes_by_people = 0;
    friend bool operator==(const Basis&, const Basis&) = default;
  };
  void plan(View view);
  View blind(const SeriesSession& session) const;
  View in_force(const SeriesSession& session) const;
  View settled(const SeriesSession& session) const;
  void take_planned(std::int64_t now_ns);
  void publish(const std::optional<steering::Advice>& advice, std::int64_t now_ns);

  steering::SteeringOptions options_;
  roi::RoiOptions method_;
  roi::Executor executor_;
  transport::EventPublisher& events_;
  telemetry::Counters given_, decided_;
  telemetry::Gauge points_;
  telemetry::Logger log_{"classifier"};
  steering::Desk desk_;
  std::string series_uid_;
  std::size_t rows_ = 0;            // of the table when last looked at ...
  std::int64_t rows_since_ns_ = 0;  // ... and since when
  std::size_t planned_rows_ = 0;
  Basis basis_;  // when last looked at
  Basis planned_basis_;
  std::optional<steering::Advice> shown_;

  struct Planned {
    std::uint64_t series;
    Basis basis;
    std::optional<steering::Advice> advice;
  };
  std::uint64_t series_ = 0;  // counts begin()
  bool busy_ = false;         // a plan is being made
  /// Where the executor leaves what it planned; outlives this, should a task come late.
  struct Tray {
    std::mutex mutex;
    std::optional<Planned> planned;
  };
  std::shared_ptr<Tray> tray_ = std::make_shared<Tray>();
};

/// As it travels. now_steady_ns and now_utc_ns: the same moment on the desk's clock and in UTC.
wire::AdviceEvent event_of(const steering::Advice& advice, const std::string& series_uid,
                           std::int64_t now_steady_ns, std::int64_t now_utc_ns);

}  // namespace ptero::classifier
