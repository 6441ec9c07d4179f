#include "journal_replay.hpp"

#include <algorithm>

#include <ptero/core/error.hpp>
#include <ptero/scanfile/inspect.hpp>
#include <ptero/telemetry/log.hpp>

namespace ptero::ingest {

namespace {

namespace fs = std::filesystem;

Parts behind_note(const Parts& entry) {
  return Parts(entry.begin() + 1, entry.end());
}

/// The raw file beside the journal is complete: the process was killed before it removed the journal.
bool is_sealed(const fs::path& raw, const std::string& uid) {
  try {
    return scanfile::sealed_series(raw) == uid;
  } catch (const Error&) {
    return false;  // absent, or torn by the kill: it is written again
  }
}

/// nullptr: nothing is left to do for this journal.
std::shared_ptr<Series> take_up(const fs::path& journal, const IngestOptions& options) {
  const fs::path folder = journal.parent_path();
  if (fs::file_size(journal) == 0) {  // killed while it was made
    fs::remove(journal);
    return nullptr;
  }
  const journal::JournalReader reader(journal);
  if (reader.size() == 0 || is_sealed(folder / Series::raw_name, reader.series_uid())) {
    fs::remove(journal);
    return nullptr;
  }
  auto series =
      std::make_shared<Series>(start_of(journal, reader.read(0), options.max_frame_bytes), folder,
                               options.give_up_after, options.ring_bytes, journal::OpenMode::resume);
  series->started_ns = wire::decode_received(reader.read(0)[0])->t_arrival_ns;
  JournalReplay replay(series->info, series->ledger, options.max_frame_bytes);
  for (std::uint64_t sequence = 1; sequence < reader.size(); ++sequence)
    if (const auto frame = replay.take(reader.read(sequence))) series->remember(frame->id, sequence);
  if (replay.ended()) {
    series->ended_ns = replay.last_arrival_ns();
    series->log.close();
  }
  return series;
}

std::vector<fs::path> journals_under(const IngestOptions& options) {
  const fs::path out = options.out;
  std::vector<fs::path> found;
  std::error_code ignored;
  if (!options.folder_per_series) {
    if (fs::exists(out / Series::journal_name)) found.push_back(out / Series::journal_name);
    return found;
  }
  for (const auto& folder : fs::directory_iterator(out, ignored))
    if (fs::is_regular_file(folder.path() / Series::journal_name, ignored))
      found.push_back(folder.path() / Series::journal_name);
  std::sort(found.begin(), found.end(), [](const fs::path& a, const fs::path& b) {
    return fs::last_write_time(a) < fs::last_write_time(b);
  });
  return found;
}

}  // namespace

FrameId end_of_ids(const SeriesInfo& info) {
  return std::min(info.n_expected.value_or(max_frame_id), max_frame_id);
}

bool is_positioned(const SeriesInfo& info, const Frame& frame) {
  return frame.position || (info.raster && frame.id < info.raster->count());
}

JournalReplay::JournalReplay(const SeriesInfo& info, Ledger& ledger, std::size_t max_frame_bytes)
    : info_(info), ledger_(ledger), max_frame_bytes_(max_frame_bytes) {}

std::optional<Frame> JournalReplay::take(const Parts& entry) {
  const auto note =
      entry.empty() ? wire::Decoded<wire::Received>(FrameFault::malformed) : wire::decode_received(entry[0]);
  if (!note) return std::nullopt;
  last_arrival_ns_ = note->t_arrival_ns;
  if (note->fault) {
    if (note->fault->frame && *note->fault->frame < end_of_ids(info_))
      ledger_.corrupt(*note->fault->frame, note->fault->fault);
    return std::nullopt;
  }
  auto message = wire::decode_stream(behind_note(entry), max_frame_bytes_);
  if (!message) return std::nullopt;
  if (const auto* end = std::get_if<wire::StreamEnd>(&*message)) {
    ledger_.end(end->frames);
    ended_ = true;
  }
  auto* frame = std::get_if<wire::StreamFrame>(&*message);
  if (frame == nullptr) return std::nullopt;
  ledger_.arrived(frame->frame.id, is_positioned(info_, frame->frame));
  return std::move(frame->frame);
}

SeriesInfo start_of(const fs::path& journal, const Parts& entry, std::size_t max_frame_bytes) {
  if (!entry.empty()) {
    const auto message = wire::decode_stream(behind_note(entry), max_frame_bytes);
    if (message)
      if (const auto* info = std::get_if<SeriesInfo>(&*message)) return *info;
  }
  throw Error("the journal " + journal.string() + " does not begin with the start of a series", {},
              "it was written by another program or another version of ptero");
}

std::vector<std::shared_ptr<Series>> unfinished_series(const IngestOptions& options) {
  std::vector<std::shared_ptr<Series>> taken;
  if (!options.resume || (!options.folder_per_series && options.overwrite)) return taken;
  for (const fs::path& journal : journals_under(options)) {
    try {
      if (auto series = take_up(journal, options)) taken.push_back(std::move(series));
    } catch (const Error& error) {
      if (!options.folder_per_series) throw;
      telemetry::Logger("ingest").error("an unfinished series is left alone",
                                        {{"journal", journal.string()}, {"why", error.what()}});
    }
  }
  // One that has ended never comes behind one that runs: the current series is the last.
  std::stable_partition(taken.begin(), taken.end(), [](const auto& series) { return series->log.closed(); });
  return taken;
}

}  // namespace ptero::ingest
