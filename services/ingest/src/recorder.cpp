#include "recorder.hpp"

#include <ptero/core/error.hpp>
#include <ptero/runtime/clock.hpp>
#include <ptero/spool/series_folder.hpp>

namespace ptero::ingest {

namespace {
bool holds_a_series(const std::filesystem::path& folder) {
  return std::filesystem::exists(folder / "raw.h5") || std::filesystem::exists(folder / "series.journal");
}
}  // namespace

std::size_t Incoming::bytes() const {
  std::size_t sum = 0;
  for (const auto& part : parts) sum += part.size();
  return sum;
}

Recorder::Recorder(const IngestOptions& options, std::optional<RasterPlan> plan, SeriesStore& store,
                   telemetry::Metrics& metrics, std::function<void()> appended)
    : options_(options),
      plan_(std::move(plan)),
      store_(store),
      metrics_(metrics),
      appended_(std::move(appended)),
      frames_(metrics.counter("ptero_ingest_frames_total", "Frames journalled")),
      bytes_(metrics.counter("ptero_ingest_bytes_total", "Bytes of journalled frames as received")),
      duplicates_(metrics.counter("ptero_ingest_duplicate_frames_total", "Frames whose id had come before")),
      strays_(metrics.counter("ptero_ingest_stray_messages_total", "Messages outside any running series")) {}

void Recorder::take(const Incoming& incoming) {
  auto decoded = wire::decode_stream(incoming.parts, options_.max_frame_bytes);
  if (!decoded) return fault(decoded.reason(), incoming);
  if (auto* info = std::get_if<SeriesInfo>(&*decoded)) return start(std::move(*info), incoming);
  if (auto* message = std::get_if<wire::StreamFrame>(&*decoded)) return frame(*message, incoming);
  const auto& end = std::get<wire::StreamEnd>(*decoded);
  if (!series_ || end.series != series_->info.id) return strays_.add();
  finish(end.frames);
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

void Recorder::start(SeriesInfo info, const Incoming& incoming) {
  if (series_) {
    log_.warning("a series starts before the last one ended; the last one is closed",
                 {{"uid", series_->info.uid}});
    finish();
  }
  const std::string uid = unique_uid(info.uid);
  const bool changed = plan_ || uid != info.uid;
  if (plan_) info.raster = plan_;
  info.uid = uid;
  const auto folder = spool::series_folder(options_.out, uid, spool::folder_layout(!flat_folder_free()));
  // Ingest's constructor refused an unfinished series there unless told to overwrite it.
  if (flat_folder_free()) std::filesystem::remove(folder / "series.journal");
  used_uids_.insert(uid);
  const Parts parts = changed ? wire::encode(info) : incoming.parts;
  std::filesystem::create_directories(folder);
  series_ = std::make_shared<Series>(std::move(info), folder, options_.give_up_after, options_.ring_bytes);
  series_->log.add_listener(appended_);
  series_->started_ns = incoming.t_arrival_ns;
  append({.t_arrival_ns = incoming.t_arrival_ns}, parts);
  store_.add(series_);
  appended_();
  log_.info("series started", {{"uid", series_->info.uid},
                               {"frames_expected", series_->info.n_expected.value_or(0)},
                               {"folder", folder.string()}});
}

FrameId Recorder::end_of_ids() const {
  return std::min(series_->info.n_expected.value_or(max_frame_id), max_frame_id);
}

void Recorder::frame(const wire::StreamFrame& message, const Incoming& incoming) {
  const Frame& frame = message.frame;
  if (!series_ || message.series.value_or(series_->info.id) != series_->info.id) return strays_.add();
  if (frame.shape != series_->info.frame_shape || frame.dtype != series_->info.dtype)
    return fault({FrameFault::wrong_shape, frame.id}, incoming);
  if (frame.id >= end_of_ids()) return fault({FrameFault::malformed, {}}, incoming);
  const bool positioned =
      frame.position || (series_->info.raster && frame.id < series_->info.raster->count());
  if (!series_->ledger.arrived(frame.id, positioned)) return duplicates_.add();
  const auto sequence = append({.t_arrival_ns = incoming.t_arrival_ns}, incoming.parts);
  series_->remember(frame.id, sequence);
  frames_.add();
  bytes_.add(static_cast<double>(incoming.bytes()));
}

void Recorder::fault(const wire::StreamFault& fault, const Incoming& incoming) {
  metrics_
      .counter("ptero_ingest_faults_total", "Messages that could not be used, by reason",
               {{"reason", std::string(name_of(fault.fault))}})
      .add();
  // A header that cannot be trusted may name a series that never was: better a frame that is missing than a
  // good one marked corrupt.
  if (!series_ || fault.series.value_or(series_->info.id) != series_->info.id) return;
  // Only the note is journalled: bytes that cannot be used would only fill the disk.
  append({.t_arrival_ns = incoming.t_arrival_ns, .fault = fault}, {});
  if (fault.frame && *fault.frame < end_of_ids()) series_->ledger.corrupt(*fault.frame);
}

std::uint64_t Recorder::append(const wire::Received& note, const Parts& parts) {
  Parts entry{wire::encode(note)};
  entry.insert(entry.end(), parts.begin(), parts.end());
  return series_->log.append(std::move(entry));
}

void Recorder::finish(std::optional<std::uint64_t> frames) {
  if (!series_) return;
  if (frames) frames = std::min(*frames, end_of_ids());
  series_->ledger.end(frames);
  series_->ended_ns = runtime::steady_now_ns();
  append({.t_arrival_ns = series_->ended_ns}, wire::encode(wire::StreamEnd{series_->info.id, frames}));
  series_->log.close();
  log_.info("series ended", {{"uid", series_->info.uid}, {"entries", series_->log.size()}});
  series_ = nullptr;
}

}  // namespace ptero::ingest
