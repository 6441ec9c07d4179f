#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>

#include <ptero/runtime/alarms.hpp>
#include <ptero/services/ingest/ingest.hpp>
#include <ptero/telemetry/log.hpp>
#include <ptero/wire/stream.hpp>

#include "series_setup.hpp"
#include "series_store.hpp"
#include "set_aside.hpp"
#include "source.hpp"
#include "usual_mistakes.hpp"

namespace ptero::ingest {

/// Records the running series: journal and ledger. Used by one thread. Takes what admission lets through.
/// Whatever comes, at most one frame is lost: a message that cannot be used is counted by reason and, where
/// its id could be read, noted in the journal and the ledger. Nothing that a detector says ends it.
class Recorder {
 public:
  /// `plan` replaces the scan plan of every start message. `appended` is called after each journal entry.
  Recorder(const IngestOptions& options, std::optional<RasterPlan> plan, SeriesStore& store,
           telemetry::Metrics& metrics, runtime::Alarms& alarms, UsualMistakes& mistakes,
           std::function<void()> appended);

  /// Goes on with a series of an earlier process, before any message is taken. A closed one is only kept for
  /// consumers and written; an open one runs until the detector or another start ends it.
  void resume(std::shared_ptr<Series> series);
  /// Throws Error when the journal cannot be written: the disk is gone, or full and nobody waits for room.
  void take(const Arrival& arrival);
  /// Called again and again while the disk is full, until there is room; it waits a little each time. False:
  /// wait no longer.
  void wait_for_room(std::function<bool()> wait) { wait_for_room_ = std::move(wait); }
  /// Nothing came for a while: reports a series whose end is overdue, and leaves it open.
  void idle(std::int64_t now_ns);
  /// How the running series' frames and positions were joined, as JSON, where they came apart.
  void note_join(std::string report);
  /// The end may be recorded: every frame that it counts, or that was announced, is.
  bool is_complete(const wire::StreamEnd& end) const;
  /// What admission set aside, and what it suspects of the running series.
  void note_aside(Aside why);
  void note(Warning warning);
  /// Where a frame of another shape or pixel type than its series goes.
  void set_aside_by(std::function<void(Aside, const Arrival&)> put) { put_aside_ = std::move(put); }
  /// The detector's number of the running series.
  std::optional<std::uint64_t> running() const;
  /// The running series as it is recorded; null between series.
  const SeriesInfo* running_info() const { return series_ ? &series_->info : nullptr; }
  /// Ends the running series, if any: nothing more will come.
  void finish(std::optional<std::uint64_t> frames = {});

 private:
  void start(SeriesInfo info, const Arrival& arrival);
  void frame(const wire::StreamFrame& message, const Arrival& arrival);
  void fault(const wire::StreamFault& fault, const Arrival& arrival);
  /// Says so where it is another number.
  FrameId bounded_end(std::uint64_t said);
  void heard(std::int64_t now_ns);
  std::uint64_t append(const wire::Received& note, const Parts& parts);
  /// What `write` returns, once the disk has room for it: the detector waits, and nothing is lost.
  template <class Write>
  auto with_room(Write write);
  std::shared_ptr<Series> make_series(const SeriesInfo& info, const std::filesystem::path& folder) const;
  /// The same; under another name where the detector's cannot be a folder's.
  std::shared_ptr<Series> make_series_somewhere(SeriesInfo& info);
  /// A start of more tables than a journal's entry has room for keeps the first.
  void bound_tables(SeriesInfo& info, const Arrival& arrival);
  /// The series' own uid, or with a number behind it where one of that name was recorded before.
  std::string unique_uid(const std::string& uid) const;
  bool flat_folder_free() const { return !options_.folder_per_series && used_uids_.empty(); }

  const IngestOptions& options_;
  std::optional<RasterPlan> plan_;
  SeriesSetup setup_;
  SeriesStore& store_;
  telemetry::Counters faults_;  // by reason
  runtime::Alarms& alarms_;
  std::function<void()> appended_;
  std::function<bool()> wait_for_room_;
  std::function<void(Aside, const Arrival&)> put_aside_;
  std::shared_ptr<Series> last_;    // the running series, or the one before: where what is late is counted
  std::shared_ptr<Series> series_;  // null between series
  bool said_utc_ = false;           // in the journal of series_, by this process
  std::set<std::string> used_uids_;
  std::optional<FrameId> last_id_;        // the highest of the running series
  std::optional<std::int64_t> heard_ns_;  // the newest message
  bool stalled_now_ = false;
  UsualMistakes& mistakes_;
  telemetry::Counter frames_, bytes_, duplicates_, skipped_, incomplete_;
  telemetry::Logger log_{"ingest"};
};

}  // namespace ptero::ingest
