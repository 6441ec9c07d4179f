#pragma once

#include <functional>
#include <optional>
#include <string>

#include <ptero/core/warning.hpp>
#include <ptero/runtime/alarms.hpp>
#include <ptero/services/ingest/ingest.hpp>
#include <ptero/telemetry/log.hpp>
#include <ptero/telemetry/metrics.hpp>

#include "frame_numbers.hpp"
#include "set_aside.hpp"
#include "source.hpp"
#include "stealing.hpp"
#include "usual_mistakes.hpp"

namespace ptero::ingest {

/// Decides which series a message belongs to, in front of the join and the recorder: numbers of series and of
/// frames repeat, overtake each other and are damaged. What leaves it is of the running series; everything
/// else is set aside. Used by one thread.
class Admission {
 public:
  using Emit = Source::Emit;
  struct Outlets {
    Emit take;
    std::function<void(Aside)> aside;                      ///< counts it with the running series
    std::function<bool(const wire::StreamEnd&)> complete;  ///< everything the end counts is recorded
    std::function<void(Warning)> warn;                     ///< notes it with the running series
  };
  /// What is referred to outlives it.
  Admission(const IngestOptions& options, telemetry::Metrics& metrics, runtime::Alarms& alarms,
            UsualMistakes& mistakes, Outlets outlets);

  /// Goes on with a series of an earlier process. `next`: the id that is due; `frame_uid`: what its frames
  /// said, if they did.
  void resume(const SeriesInfo& info, FrameId next, const std::string& frame_uid);
  void take(const Arrival& arrival);
  /// Lets go of an end whose frames had their time.
  void advance(std::int64_t now_ns);
  /// An end is held back: look again soon.
  bool waits() const { return open_ && open_->end.has_value(); }
  /// Nothing more will come.
  void finish();
  /// What others have to set aside.
  void put_aside(Aside why, const Arrival& arrival) { put(why, arrival); }

 private:
  struct Open {
    std::uint64_t id = 0;
    std::string uid;
    std::string frame_uid;  // of its frames; empty: not known yet
    FrameNumbers numbers;
    bool resumed = false;             // by this process, after another was killed
    std::optional<Arrival> end;       // came before all frames had
    std::int64_t heard_ns = 0;        // the last message of it, where there is an end
    std::optional<Arrival> doubtful;  // a frame whose number the next one has to confirm
    FrameId lowest = max_frame_id;    // of those that came
    bool told_beyond = false, told_number = false;
  };

  void start(const Arrival& arrival, const SeriesInfo& info);
  void frame(Arrival arrival);
  void fault(const Arrival& arrival, const wire::StreamFault& fault);
  void end(const Arrival& arrival, const wire::StreamEnd& end);
  /// Takes up a series whose start was missed, from its first frame seen, where the options allow it.
  bool join(const Arrival& arrival, const wire::StreamFrame& message);
  bool is_of_open(std::optional<std::uint64_t> series, const std::string& uid);
  /// After a kill, a frame that says only a number that came twice may be of a series whose start was lost.
  bool cannot_be_told(const wire::StreamFrame& message) const;
  void pass(Arrival arrival, FrameId id);
  /// Frame 0 was lost, or the detector counts from 1: who joins places by number has to know.
  void look_at_first();
  void doubt(Arrival arrival, std::uint64_t said);
  void give_up_doubtful();
  void stray(const Arrival& arrival, std::optional<std::uint64_t> series, const std::string& uid);
  void put(Aside why, const Arrival& arrival, SetAside::Keep keep = SetAside::Keep::message);
  void say(const char* alarm, const char* code, const std::string& sentence);
  void release_end();
  void look_for_thieves(FrameId id);

  const IngestOptions& options_;
  runtime::Alarms& alarms_;
  UsualMistakes& mistakes_;
  Outlets outlets_;
  SetAside aside_;
  std::optional<Open> open_;
  struct Ended {
    std::uint64_t id = 0;
    std::string uid;
    bool by_person = false;
  };
  std::optional<Ended> ended_;  // the last series that ended: what comes of it is late
  const bool native_;           // a sender of ours, whose frames say the uid of the start
  StealingWatch stealing_;
  std::uint64_t pullers_ = 1;  // of the detector, ourselves included
  telemetry::Counter strays_;
  telemetry::Logger log_{"ingest"};
};

}  // namespace ptero::ingest
