#include "recorder.hpp"

#include <ptero/core/error.hpp>
#include <ptero/core/frame_faults.hpp>
#include <ptero/core/series_folder.hpp>
#include <ptero/runtime/clock.hpp>

#include "journal_replay.hpp"

namespace ptero::ingest {

namespace {
bool holds_a_series(const std::filesystem::path& folder) {
  return std::filesystem::exists(folder / Series::raw_name) ||
         std::filesystem::exists(folder / Series::journal_name);
}
}  // namespace

Recorder::Recorder(const IngestOptions& options, std::optional<RasterPlan> plan, SeriesStore& store,
                   telemetry::Metrics& metrics, runtime::Alarms& alarms, std::function<void()> appended)
    : options_(options),
      plan_(std::move(plan)),
      setup_(options, alarms),
      store_(store),
      faults_(metrics.counters("ptero_ingest_faults_total", {telemetry::names_of(all_frame_faults)})),
      alarms_(alarms),
      appended_(std::move(appended)),
      mistakes_(alarms, options.source, options.positions),
      frames_(metrics.counter("ptero_ingest_frames_total")),
      bytes_(metrics.counter("ptero_ingest_bytes_total")),
      duplicates_(metrics.counter("ptero_ingest_duplicate_frames_total")),
      strays_(metrics.counter("ptero_ingest_stray_messages_total")),
      skipped_(metrics.counter("ptero_ingest_skipped_ids_total")),
      incomplete_(metrics.counter("ptero_ingest_incomplete_series_total")) {}

void Recorder::take(const Arrival& arrival) {
  heard(arrival.t_arrival_ns);
  const auto& decoded = arrival.message;
  if (!decoded) return fault(decoded.reason(), arrival);
  if (const auto* info = std::get_if<SeriesInfo>(&*decoded)) return start(*info, arrival);
  if (const auto* message = std::get_if<wire::StreamFrame>(&*decoded)) return frame(*message, arrival);
  const auto& end = std::get<wire::StreamEnd>(*decoded);
  if (!series_ || end.series != series_->info.id) return strays_.add();
  finish(end.frames);
}

std::optional<std::uint64_t> Recorder::running() const {
  return series_ ? std::optional(series_->info.id) : std::nullopt;
}

void Recorder::heard(std::int64_t now_ns) {
  heard_ns_ = now_ns;
  if (std::exchange(stalled_now_, false)) alarms_.clear("series_stalled");
}

void Recorder::look_for_thieves(FrameId id) {
  const auto pullers = stealing_.saw(id);
  if (std::exchange(pullers_, pullers) == pullers) return;
  if (pullers == 1) return alarms_.clear("stealing");
  alarms_.raise("stealing", "only one frame in " + std::to_string(pullers) + " comes, such as " +
                                std::to_string(id - pullers) + " and " + std::to_string(id) +
                                ": somebody else takes the others from the same detector, which deals them "
                                "out in turn; stop the other program");
}

void Recorder::idle(std::int64_t now_ns) {
  if (!series_ || stalled_now_ || static_cast<double>(now_ns - heard_ns_) < options_.stall_after_s * 1e9)
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
      alarms_.raise("disk_full", std::string("the disk is full and the detector waits: ") + full.what());
      if (!wait_for_room_ || !wait_for_room_()) throw;
    }
  }
}

std::shared_ptr<Series> Recorder::make_series(const SeriesInfo& info,
                                              const std::filesystem::path& folder) const {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error == std::errc::no_space_on_device)
    throw journal::DiskFull("cannot make the folder " + folder.string(), error.message(),
                            "make room on the disk");
  if (error) throw Error("cannot make the folder " + folder.string(), error.message());
  try {
    return std::make_shared<Series>(info, folder, options_.give_up_after, options_.ring_bytes,
                                    journal::OpenMode::create, options_.durability());
  } catch (const journal::DiskFull&) {
    std::filesystem::remove(folder / Series::journal_name);  // without its header
    throw;
  }
}

void Recorder::start(SeriesInfo info, const Arrival& arrival) {
  if (series_) {
    incomplete_.add();
    log_.warning("a series starts before the last one ended; the last one is closed",
                 {{"uid", series_->info.uid}});
    finish();
  }
  const std::string uid = unique_uid(info.uid);
  const bool set_up = setup_.apply(info);
  const bool changed = set_up || arrival.native.empty() || plan_ || uid != info.uid;
  if (plan_) info.raster = plan_;
  info.uid = uid;
  const auto folder = series_folder(options_.out, uid, folder_layout(!flat_folder_free()));
  // Ingest's constructor refused an unfinished series there unless told to overwrite it.
  if (flat_folder_free()) std::filesystem::remove(folder / Series::journal_name);
  used_uids_.insert(uid);
  const Parts parts = changed ? wire::encode(info) : arrival.native;
  series_ = with_room([&] { return make_series(info, folder); });
  said_utc_ = false;
  stealing_.restart();
  mistakes_.started();
  series_->log.add_listener(appended_);
  series_->started_ns = arrival.t_arrival_ns;
  last_id_.reset();
  append({.t_arrival_ns = arrival.t_arrival_ns}, parts);
  store_.add(series_);
  appended_();
  log_.info("series started", {{"uid", series_->info.uid},
                               {"frames_expected", series_->info.n_expected.value_or(0)},
                               {"folder", folder.string()}});
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
  series_->log.add_listener(appended_);
  said_utc_ = false;
  last_id_.reset();
  if (const auto end = series_->ledger.arrived_end(); end > 0) last_id_ = end - 1;
}

void Recorder::note_join(std::string report) {
  if (series_) series_->join_report = std::move(report);
}

FrameId Recorder::end_of_ids() const {
  return ingest::end_of_ids(series_->info);
}

bool Recorder::join(const wire::StreamFrame& message, const Arrival& arrival) {
  if (!options_.mid_series_join || !message.series || message.series == ended_) return false;
  const Frame& frame = message.frame;
  SeriesInfo info{.id = *message.series, .frame_shape = frame.shape, .dtype = frame.dtype};
  info.uid = "series-" + std::to_string(info.id) + "-joined-" + std::to_string(runtime::utc_now_ns());
  log_.warning("joined a series whose start was missed; its geometry is what the configuration says",
               {{"series", info.id}, {"frame", frame.id}});
  start(std::move(info), {wire::StreamMessage(SeriesInfo{}), {}, arrival.t_arrival_ns, 0});
  return true;
}

void Recorder::frame(const wire::StreamFrame& message, const Arrival& arrival) {
  const Frame& frame = message.frame;
  // Before all else: the start may have been stolen too.
  if (frame.id < max_frame_id) look_for_thieves(frame.id);
  if (!series_ && !join(message, arrival)) {
    // What trails behind a series that was aborted is no mistake.
    if (!message.series || message.series != ended_) mistakes_.without_start(frame.id);
    return strays_.add();
  }
  if (message.series.value_or(series_->info.id) != series_->info.id) return strays_.add();
  if (frame.shape != series_->info.frame_shape || frame.dtype != series_->info.dtype)
    return fault({FrameFault::wrong_shape, frame.id}, arrival);
  if (frame.id >= end_of_ids()) return fault({FrameFault::malformed, {}}, arrival);
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
  if (!series_) mistakes_.unreadable(fault.fault);
  // A header that cannot be trusted may name a series that never was: better a frame that is missing than a
  // good one marked corrupt.
  if (!series_ || fault.series.value_or(series_->info.id) != series_->info.id) return;
  // Only the note is journalled: bytes that cannot be used would only fill the disk.
  append({.t_arrival_ns = arrival.t_arrival_ns, .fault = fault}, {});
  if (fault.frame && *fault.frame < end_of_ids()) series_->ledger.corrupt(*fault.frame, fault.fault);
}

std::uint64_t Recorder::append(const wire::Received& note, const Parts& parts) {
  wire::Received told = note;
  if (!said_utc_) {
    told.t_utc_ns = note.t_arrival_ns + runtime::utc_now_ns() - runtime::steady_now_ns();
    said_utc_ = true;
  }
  Parts entry{wire::encode(told)};
  entry.insert(entry.end(), parts.begin(), parts.end());
  return with_room([&] { return series_->log.append(entry); });
}

void Recorder::finish(std::optional<std::uint64_t> frames) {
  if (!series_) return;
  if (frames) frames = std::min(*frames, end_of_ids());
  series_->ledger.end(frames);
  series_->ended_ns = runtime::steady_now_ns();
  append({.t_arrival_ns = series_->ended_ns}, wire::encode(wire::StreamEnd{series_->info.id, frames}));
  series_->log.close();
  log_.info("series ended", {{"uid", series_->info.uid}, {"entries", series_->log.entries()}});
  ended_ = series_->info.id;
  series_ = nullptr;
}

}  // namespace ptero::ingest
