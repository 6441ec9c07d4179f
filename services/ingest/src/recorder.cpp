#include "recorder.hpp"

#include <fmt/format.h>

#include <ptero/core/error.hpp>
#include <ptero/core/frame_faults.hpp>
#include <ptero/core/series_folder.hpp>
#include <ptero/runtime/clock.hpp>

#include "entry_parts.hpp"
#include "journal_replay.hpp"

namespace ptero::ingest {

namespace {
constexpr int most_names = 3;

/// The disk takes nothing for another reason than that it is full; it too passes.
class Unwritable : public journal::DiskFull {
  using DiskFull::DiskFull;
};

bool holds_a_series(const std::filesystem::path& folder) {
  std::error_code none;  // what cannot be looked into is found out when the folder is made
  return std::filesystem::exists(folder / Series::raw_name, none) ||
         std::filesystem::exists(folder / Series::journal_name, none);
}
}  // namespace

Recorder::Recorder(const IngestOptions& options, std::optional<RasterPlan> plan, SeriesStore& store,
                   telemetry::Metrics& metrics, runtime::Alarms& alarms, UsualMistakes& mistakes,
                   std::function<void()> appended)
    : options_(options),
      plan_(std::move(plan)),
      setup_(options, alarms),
      store_(store),
      faults_(metrics.counters("ptero_ingest_faults_total", {telemetry::names_of(all_frame_faults)})),
      alarms_(alarms),
      appended_(std::move(appended)),
      mistakes_(mistakes),
      frames_(metrics.counter("ptero_ingest_frames_total")),
      bytes_(metrics.counter("ptero_ingest_bytes_total")),
      duplicates_(metrics.counter("ptero_ingest_duplicate_frames_total")),
      skipped_(metrics.counter("ptero_ingest_skipped_ids_total")),
      incomplete_(metrics.counter("ptero_ingest_incomplete_series_total")) {}

void Recorder::take(const Arrival& arrival) {
  heard(arrival.t_arrival_ns);
  const auto& decoded = arrival.message;
  if (!decoded) return fault(decoded.reason(), arrival);
  if (const auto* info = std::get_if<SeriesInfo>(&*decoded)) return start(*info, arrival);
  if (const auto* message = std::get_if<wire::StreamFrame>(&*decoded)) return frame(*message, arrival);
  const auto& end = std::get<wire::StreamEnd>(*decoded);
  // Admission has closed what was open; a start that could not be recorded leaves nothing running.
  if (series_ && end.series == series_->info.id) finish(end.frames);
}

std::optional<std::uint64_t> Recorder::running() const {
  return series_ ? std::optional(series_->info.id) : std::nullopt;
}

void Recorder::heard(std::int64_t now_ns) {
  heard_ns_ = now_ns;
  if (std::exchange(stalled_now_, false)) alarms_.clear("series_stalled");
}

bool Recorder::is_complete(const wire::StreamEnd& end) const {
  if (!series_ || series_->info.id != end.series) return true;
  const auto count = end.frames ? end.frames : series_->info.n_expected;
  return count && series_->ledger.all_came(std::min(*count, max_frame_id));
}

void Recorder::note_aside(Aside why) {
  if (last_) last_->aside.add(why);
}

void Recorder::note(Warning warning) {
  if (last_) last_->warn(std::move(warning));
}

void Recorder::idle(std::int64_t now_ns) {
  // A series that is taken up was silent as long as this process did not live.
  if (!heard_ns_) heard_ns_ = now_ns;
  if (!series_ || stalled_now_ || static_cast<double>(now_ns - *heard_ns_) < options_.stall_after_s * 1e9)
    return;
  // An external trigger may pause for minutes: the series stays open until its end or the next start.
  stalled_now_ = true;
  alarms_.raise("series_stalled", "series " + series_->info.uid + " is silent after " +
                                      std::to_string(series_->log.entries()) +
                                      " entries; it stays open until its end or the next start comes");
}

std::string Recorder::unique_uid(const std::string& uid) const {
  const auto taken = [&](const std::string& name) {
    return used_uids_.contains(name) ||
           (!flat_folder_free() && holds_a_series(std::filesystem::path(options_.out) / name));
  };
  std::string name = uid;
  for (int n = 2; taken(name); ++n) name = uid + "-" + std::to_string(n);
  return name;
}

template <class Write>
auto Recorder::with_room(Write write) {
  for (bool told = false;; told = true) {
    try {
      auto written = write();
      if (told) alarms_.clear("disk_full");
      return written;
    } catch (const journal::DiskFull& full) {
      const bool full_in_earnest = dynamic_cast<const Unwritable*>(&full) == nullptr;
      alarms_.raise("disk_full",
                    std::string(full_in_earnest ? "the disk is full" : "the disk takes nothing") +
                        " and the detector waits: " + full.what());
      if (!wait_for_room_ || !wait_for_room_()) throw;
    }
  }
}

std::shared_ptr<Series> Recorder::make_series(const SeriesInfo& info,
                                              const std::filesystem::path& folder) const {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  // Of the disk, not of the name: whatever it is, somebody can put it right while the detector waits.
  for (const auto of_the_disk :
       {std::errc::no_space_on_device, std::errc::permission_denied, std::errc::read_only_file_system,
        std::errc::operation_not_permitted, std::errc::io_error, std::errc::no_such_file_or_directory})
    if (error == of_the_disk)
      throw Unwritable("cannot make the folder " + folder.string(), error.message(),
                       "make room, or give the folder back to the user that ptero runs as");
  if (error) throw Error("cannot make the folder " + folder.string(), error.message());
  try {
    return std::make_shared<Series>(info, folder, options_.give_up_after, options_.ring_bytes,
                                    journal::OpenMode::create, options_.durability());
  } catch (const journal::DiskFull&) {
    std::filesystem::remove(folder / Series::journal_name, error);  // without its header
    throw;
  }
}

std::shared_ptr<Series> Recorder::make_series_somewhere(SeriesInfo& info) {
  const auto folder_of = [&] {
    return series_folder(options_.out, info.uid, folder_layout(!flat_folder_free()));
  };
  // Ingest's constructor refused an unfinished series there unless told to overwrite it.
  std::error_code none;
  if (flat_folder_free()) std::filesystem::remove(folder_of() / Series::journal_name, none);
  const std::string wanted = info.uid;
  for (int attempt = 0;; ++attempt) {
    try {
      auto series = with_room([&] { return make_series(info, folder_of()); });
      if (attempt == 0) alarms_.clear("series_elsewhere");
      return series;
    } catch (const journal::DiskFull&) {
      throw;  // asked to stop while it waited
    } catch (const Error& error) {
      if (attempt == most_names) throw;
      used_uids_.insert(info.uid);
      info.uid =
          unique_uid("series-" + std::to_string(info.id) + "-" + std::to_string(runtime::utc_now_ns()));
      alarms_.raise("series_elsewhere", "the series '" + wanted + "' cannot be recorded under its name (" +
                                            error.what() + "); it is recorded as " + info.uid);
    }
  }
}

void Recorder::bound_tables(SeriesInfo& info, const Arrival& arrival) {
  auto& tables = info.detector.tables;
  if (tables.size() + 2 <= most_entry_parts) return;
  if (put_aside_) put_aside_(Aside::start, arrival);
  log_.error("a start has more tables than can be recorded; the first are kept",
             {{"uid", info.uid}, {"tables", tables.size()}});
  alarms_.raise("series_elsewhere", "the start of series '" + info.uid + "' has " +
                                        std::to_string(tables.size()) + " tables, of which the first " +
                                        std::to_string(most_entry_parts - 2) +
                                        " are recorded; the message is set aside");
  tables.resize(most_entry_parts - 2);
}

void Recorder::start(SeriesInfo info, const Arrival& arrival) {
  if (series_) {
    incomplete_.add();
    log_.warning("a series starts before the last one ended; the last one is closed",
                 {{"uid", series_->info.uid}});
    finish();
  }
  const std::string said_uid = info.uid;
  const bool cut = info.detector.tables.size() + 2 > most_entry_parts;
  info.uid = unique_uid(info.uid);
  const bool set_up = setup_.apply(info);
  if (plan_) info.raster = plan_;
  auto series = make_series_somewhere(info);
  bound_tables(info, arrival);
  const bool changed = set_up || cut || arrival.native.empty() || plan_ || info.uid != said_uid;
  used_uids_.insert(info.uid);
  series_ = std::move(series);
  last_ = series_;
  said_utc_ = false;
  mistakes_.started();
  series_->log.add_listener(appended_);
  series_->started_ns = arrival.t_arrival_ns;
  last_id_.reset();
  append({.t_arrival_ns = arrival.t_arrival_ns}, changed ? wire::encode(info) : arrival.native);
  store_.add(series_);
  appended_();
  log_.info("series started", {{"uid", series_->info.uid},
                               {"frames_expected", series_->info.n_expected.value_or(0)},
                               {"folder", series_->folder.string()}});
}

void Recorder::resume(std::shared_ptr<Series> series) {
  finish();
  used_uids_.insert(series->info.uid);
  store_.add(series);
  log_.info("a series of an earlier process is taken up", {{"uid", series->info.uid},
                                                           {"entries", series->log.entries()},
                                                           {"running", series->log.closed() ? "no" : "yes"}});
  if (series->log.closed()) return;
  series_ = std::move(series);
  last_ = series_;
  series_->log.add_listener(appended_);
  said_utc_ = false;
  last_id_.reset();
  if (const auto end = series_->ledger.arrived_end(); end > 0) last_id_ = end - 1;
}

void Recorder::note_join(std::string report) {
  if (series_) series_->join_report = std::move(report);
}

void Recorder::frame(const wire::StreamFrame& message, const Arrival& arrival) {
  const Frame& frame = message.frame;
  if (!series_) {  // its start could not be recorded
    if (put_aside_) put_aside_(Aside::start, arrival);
    return;
  }
  if (frame.shape != series_->info.frame_shape || frame.dtype != series_->info.dtype) {
    if (put_aside_) put_aside_(Aside::another_shape, arrival);
    return fault({FrameFault::wrong_shape, frame.id}, arrival);
  }
  const bool positioned = is_positioned(series_->info, frame);
  if (!series_->ledger.arrived(frame.id, positioned)) return duplicates_.add();
  mistakes_.recorded(positioned);
  const FrameId due = last_id_ ? *last_id_ + 1 : 0;
  if (frame.id > due) skipped_.add(static_cast<double>(frame.id - due));
  last_id_ = std::max(last_id_.value_or(0), frame.id);
  // Before it can be offered: no later stage has counted a frame that is not counted here.
  frames_.add();
  bytes_.add(static_cast<double>(arrival.bytes));
  const auto sequence = append({.t_arrival_ns = arrival.t_arrival_ns, .join = arrival.join},
                               arrival.native.empty() ? wire::encode(message) : arrival.native);
  series_->remember(frame.id, sequence);
}

void Recorder::fault(const wire::StreamFault& fault, const Arrival& arrival) {
  faults_.add(name_of(fault.fault));
  if (!series_ || fault.series.value_or(series_->info.id) != series_->info.id) return;
  // Only the note is journalled: bytes that cannot be used would only fill the disk.
  append({.t_arrival_ns = arrival.t_arrival_ns, .fault = fault}, {});
  if (fault.frame && *fault.frame < max_frame_id) series_->ledger.corrupt(*fault.frame, fault.fault);
}

std::uint64_t Recorder::append(const wire::Received& note, const Parts& parts) {
  wire::Received told = note;
  if (!said_utc_) {
    told.t_utc_ns = note.t_arrival_ns + runtime::utc_now_ns() - runtime::steady_now_ns();
    said_utc_ = true;
  }
  Parts entry{wire::encode(told)};
  entry.insert(entry.end(), parts.begin(), parts.end());
  return with_room([&] {
    try {
      return series_->log.append(entry);
    } catch (const journal::DiskFull&) {
      throw;
    } catch (const Error& error) {
      throw Unwritable(error.what());
    }
  });
}

FrameId Recorder::bounded_end(std::uint64_t said) {
  const FrameId end = end_of_series(said, series_->ledger.arrived_end(), series_->info);
  if (end == said) return end;
  Warning warning{
      "end_number",
      fmt::format("the end of series {} says {} frames, which cannot be meant: {} is the most that was "
                  "announced or came, and that is taken",
                  series_->info.uid, said, end)};
  log_.warning(warning.sentence, {});
  note(std::move(warning));
  return end;
}

void Recorder::finish(std::optional<std::uint64_t> frames) {
  if (!series_) return;
  if (frames) frames = bounded_end(*frames);
  series_->ledger.end(frames);
  series_->ended_ns = runtime::steady_now_ns();
  append({.t_arrival_ns = series_->ended_ns}, wire::encode(wire::StreamEnd{series_->info.id, frames}));
  series_->log.close();
  log_.info("series ended", {{"uid", series_->info.uid}, {"entries", series_->log.entries()}});
  series_ = nullptr;
}

}  // namespace ptero::ingest
