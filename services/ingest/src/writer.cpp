#include "writer.hpp"

#include <nlohmann/json.hpp>
#include <optional>

#include <ptero/runtime/clock.hpp>
#include <ptero/spool/raw_writer.hpp>
#include <ptero/telemetry/log.hpp>
#include <ptero/wire/stream.hpp>

namespace ptero::ingest {

namespace {

using namespace std::chrono_literals;

/// The raw file, made when the first frame tells how payloads are compressed. Used by one thread.
class RawFile {
 public:
  RawFile(const Series& series, const IngestOptions& options)
      : options_{.series = series.info,
                 .title = series.info.uid,
                 .source_name = options.source,
                 .configuration = options.configuration,
                 .start_time_unix_ns = runtime::utc_now_ns(),
                 .existing = options.overwrite ? spool::RawWriterOptions::Existing::replace
                                               : spool::RawWriterOptions::Existing::refuse},
        path_(series.folder / "raw.h5"),
        max_frame_bytes_(options.max_frame_bytes) {}

  const std::filesystem::path& path() const { return path_; }
  /// Frames that are in the journal and do not fit the file.
  std::uint64_t refused() const { return refused_; }

  void copy(const Parts& entry) {
    const auto decoded = wire::decode_entry(entry, max_frame_bytes_);
    if (!decoded || !decoded->message) return;
    const auto* frame = std::get_if<wire::StreamFrame>(&*decoded->message);
    if (frame == nullptr) return;
    if (!writer_) options_.codec = frame->frame.codec;
    if (writer().write(frame->frame, decoded->note.t_arrival_ns + to_utc_ns_)) ++refused_;
  }

  spool::RawWriter& writer() {
    if (!writer_) writer_.emplace(path_, options_);
    return *writer_;
  }

 private:
  spool::RawWriterOptions options_;
  std::filesystem::path path_;
  std::size_t max_frame_bytes_;
  std::int64_t to_utc_ns_ = runtime::utc_now_ns() - runtime::steady_now_ns();
  std::optional<spool::RawWriter> writer_;
  std::uint64_t refused_ = 0;
};

/// Copies entries until the log is closed, or nobody records any more.
void copy_log(Series& series, const SeriesStore& store, std::stop_token stop, runtime::Heartbeat& heartbeat,
              const std::function<bool()>& recording, RawFile& file) {
  for (std::uint64_t next = 0;;) {
    heartbeat.beat();
    if (const auto entry = series.log.read(next)) {
      file.copy(*entry);
      ++next;
      continue;
    }
    if (series.log.closed() && next >= series.log.size()) return;
    if (stop.stop_requested() && !recording()) return;
    // A stop ends the wait at once; the recorder then closes the log within a moment.
    store.wait_for({}, stop.stop_requested() ? 10ms : 200ms,
                   [&] { return series.log.size() > next || series.log.closed(); });
  }
}

void wait_for_labels(Series& series, const SeriesStore& store, const IngestOptions& options,
                     std::stop_token stop, runtime::Heartbeat& heartbeat,
                     const std::function<bool()>& has_consumer) {
  const auto deadline = runtime::steady_now_ns() + static_cast<std::int64_t>(options.label_wait_s * 1e9);
  while (!series.labels_final && !stop.stop_requested() && runtime::steady_now_ns() < deadline) {
    heartbeat.beat();
    // The next series waits to be written, and nobody is there who could label this one.
    if (store.unwritten() > 0 && !has_consumer()) break;
    store.wait_for(stop, 200ms, [&] { return series.labels_final.load(); });
  }
  if (!series.labels_final)
    telemetry::Logger("ingest").warning("the raw file is sealed without final labels",
                                        {{"uid", series.info.uid}});
}

}  // namespace

std::string write_series(Series& series, const SeriesStore& store, const IngestOptions& options,
                         std::stop_token stop, runtime::Heartbeat& heartbeat, const Surroundings& around) {
  RawFile file(series, options);
  copy_log(series, store, stop, heartbeat, around.recording, file);
  wait_for_labels(series, store, options, stop, heartbeat, around.has_consumer);

  auto& writer = file.writer();
  const auto states = series.ledger.states();
  for (FrameId id = 0; id < states.size(); ++id) writer.set_state(id, states[id]);
  const auto snapshot = series.ledger.snapshot();
  const auto seal_start = runtime::steady_now_ns();
  writer.seal(snapshot.counts, runtime::utc_now_ns());
  if (file.refused() == 0) {
    // The sealed file holds everything now; the open journal still serves late consumers until it is dropped.
    std::filesystem::remove(series.log.path());
  } else {
    telemetry::Logger("ingest").error(
        "frames do not fit the raw file; the journal is kept",
        {{"uid", series.info.uid}, {"frames", file.refused()}, {"journal", series.log.path().string()}});
  }

  nlohmann::json report;
  report["ledger"] = snapshot.by_name();
  report["seconds"]["scan"] = static_cast<double>(series.ended_ns - series.started_ns) * 1e-9;
  report["seconds"]["seal"] = static_cast<double>(runtime::steady_now_ns() - seal_start) * 1e-9;
  report["raw_file"] = file.path().filename().string();
  if (file.refused() > 0) report["raw_file_refused"] = file.refused();
  return report.dump();
}

}  // namespace ptero::ingest
