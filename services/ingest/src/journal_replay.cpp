#include "journal_replay.hpp"

#include <algorithm>

#include <ptero/core/error.hpp>
#include <ptero/scanfile/inspect.hpp>
#include <ptero/services/ingest/rebuild.hpp>
#include <ptero/telemetry/log.hpp>

#include "archive.hpp"
#include "journal_damage.hpp"
#include "trial.hpp"

namespace ptero::ingest {

namespace {

namespace fs = std::filesystem;

Parts behind_note(const Parts& entry) {
  return Parts(entry.begin() + 1, entry.end());
}

/// Never without a line: a series may have been in it.
void remove_empty(const fs::path& journal, const journal::JournalReader& reader) {
  telemetry::Logger("ingest").warning(
      "a journal without an entry is removed: its writer was killed at the start, or the machine stopped "
      "before "
      "anything of the series was on the disk",
      {{"journal", journal.string()}, {"bytes", reader.tail_bytes()}});
  fs::remove(journal);
}

/// The raw file beside the journal is complete, and holds what the journal does: the process was killed
/// before it removed the journal.
bool is_replaced(const fs::path& raw, const fs::path& journal, const journal::JournalReader& reader,
                 std::size_t max_frame_bytes) {
  try {
    if (scanfile::sealed_series(raw).value_or("") != reader.series_uid()) return false;
    const auto difference = difference_from(reader, raw, max_frame_bytes);
    if (!difference) return true;
    // Damaged since: it may hold what the journal lost, so it is not written over.
    const fs::path aside = raw.parent_path() / "damaged-raw.h5";
    fs::rename(raw, aside);
    telemetry::Logger("ingest").error(
        "a sealed raw file is damaged and put aside; it is made anew from its journal",
        {{"file", aside.string()}, {"why", *difference}, {"journal", journal.string()}});
    return false;
  } catch (const Error&) {
    return false;  // absent, or torn by the kill: it is written again
  }
}

/// Without its start no consumer can be told of a series: what is left of it becomes its file at once.
void seal_without_start(const fs::path& journal) {
  const fs::path raw = journal.parent_path() / Series::raw_name;
  const auto account = rebuild(journal, raw, Existing::replace);
  const fs::path kept = journal.parent_path() / Series::damaged_name;
  fs::rename(journal, kept);
  for (const JournalDamage& damage : account.damage)
    telemetry::Logger("ingest").error("a journal is damaged",
                                      {{"journal", kept.string()}, {"what", damage.sentence}});
  telemetry::Logger("ingest").error(
      "the start of an unfinished series is lost: its frames are in the raw file, without geometry; the "
      "journal is "
      "kept",
      {{"uid", account.series_uid}, {"raw_file", raw.string()}, {"journal", kept.string()}});
}

/// nullptr: nothing is left to do for this journal.
std::shared_ptr<Series> take_up(const fs::path& journal, const IngestOptions& options) {
  const fs::path folder = journal.parent_path();
  const journal::JournalReader reader(journal);
  if (reader.entries() == 0) {
    remove_empty(journal, reader);
    return nullptr;
  }
  if (is_replaced(folder / Series::raw_name, journal, reader, options.max_frame_bytes)) {
    fs::remove(journal);
    return nullptr;
  }
  const auto start = reader.find(0);
  if (!start) {
    seal_without_start(journal);
    return nullptr;
  }
  auto series = std::make_shared<Series>(start_of(journal, *start, options.max_frame_bytes), folder,
                                         options.give_up_after, options.ring_bytes, journal::OpenMode::resume,
                                         options.durability());
  series->started_ns = wire::decode_received((*start)[0])->t_arrival_ns;
  JournalReplay replay(series->info, series->ledger, options.max_frame_bytes);
  for (auto sequence = reader.following(1); sequence < reader.size();
       sequence = reader.following(sequence + 1))
    if (const auto entry = reader.find(sequence))
      if (const auto frame = replay.take(*entry)) series->remember(frame->id, sequence);
  for (const JournalDamage& damage : damage_of(reader, series->ledger)) {
    series->damaged = true;
    telemetry::Logger("ingest").error(
        "the journal of an unfinished series is damaged; everything else is taken up",
        {{"journal", journal.string()}, {"what", damage.sentence}});
  }
  if (const auto cut = series->log.cut_bytes(); cut > 0)
    telemetry::Logger("ingest").warning(
        "the end of a journal was cut off: an entry that was not written to its end, or damage",
        {{"journal", journal.string()}, {"bytes", cut}});
  series->frame_uid = replay.frame_uid();
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

FrameId end_of_series(std::uint64_t said, FrameId arrived_end, const SeriesInfo& info) {
  // Where nothing was announced, a SUB may have missed very many of a short series.
  constexpr FrameId unannounced = 10'000;
  const FrameId known = std::max(info.n_expected.value_or(0), arrived_end);
  const FrameId most = 2 * known + (info.n_expected ? 0 : unannounced);
  return said <= most ? said : known;
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
    if (note->fault->frame) ledger_.corrupt(*note->fault->frame, note->fault->fault);
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
  if (!frame->uid.empty()) frame_uid_ = frame->uid;
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

std::vector<std::shared_ptr<Series>> unfinished_series(const IngestOptions& options,
                                                       runtime::Alarms& alarms) {
  std::vector<std::shared_ptr<Series>> taken;
  if (!options.resume || (!options.folder_per_series && options.overwrite)) return taken;
  Trial trial(fs::path(options.out) / "resume.trial");
  for (const fs::path& journal : journals_under(options)) {
    std::string why;
    try {
      if (!trial.begin(journal, alarms)) continue;
      if (auto series = take_up(journal, options)) taken.push_back(std::move(series));
    } catch (const Error& error) {
      if (!options.folder_per_series) throw;
      why = error.what();
    } catch (const std::exception& error) {  // memory, the file system
      why = error.what();
    }
    if (!why.empty())
      telemetry::Logger("ingest").error("an unfinished series is left alone",
                                        {{"journal", journal.string()}, {"why", why}});
  }
  trial.survived();
  // One that has ended never comes behind one that runs: the current series is the last.
  std::stable_partition(taken.begin(), taken.end(), [](const auto& series) { return series->log.closed(); });
  return taken;
}

}  // namespace ptero::ingest
