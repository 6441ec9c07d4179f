#include "writer.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include <ptero/runtime/clock.hpp>
#include <ptero/scanfile/inspect.hpp>
#include <ptero/telemetry/log.hpp>

#include "archive.hpp"
#include "join_report_json.hpp"
#include "longest_step.hpp"
#include "orientation_look.hpp"

namespace ptero::ingest {

namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds retry_after{5000};

enum class Attempt : std::uint8_t { first, again };

scanfile::RawWriterOptions raw_options(const Series& series, const IngestOptions& options, Attempt attempt) {
  using Existing = scanfile::RawWriterOptions::Existing;
  // What a killed process left of a resumed series may be torn: the journal has it all.
  const bool replace = options.overwrite || series.resumed || attempt == Attempt::again;
  return {.series = series.info,
          .title = series.info.uid,
          .source_name = options.source,
          .configuration = options.configuration,
          .existing = replace ? Existing::replace : Existing::refuse};
}

/// Whether the process may make a file as large as the raw file can get while this journal grows by what lies
/// between two looks.
bool limit_allows(const Series& series) {
  rlimit limit{};
  if (getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return true;
  constexpr std::uint64_t reserve = std::uint64_t{16} << 20;
  return 2 * series.log.bytes() + reserve < limit.rlim_cur;
}

/// HDF5 does not get over a full disk, nor a limit on the size of files: it is not given the chance. The
/// journal may use what is left.
void wait_for_room(const Series& series, const SeriesStore& store, const std::stop_token& stop,
                   runtime::Heartbeat& heartbeat, const Surroundings& around) {
  const auto room = [&] { return around.has_room() && limit_allows(series); };
  if (room()) return;
  heartbeat.waiting("for room on the disk");
  around.alarms.raise(
      "raw_file_waits",
      "the raw file of " + series.folder.string() + " waits, because " +
          (around.has_room() ? "the limit on the size of files (ulimit -f) is too small for it: raise it"
                             : "the disk is all but full: make room") +
          "; the journal takes what is left");
  while (!room() && !stop.stop_requested()) store.wait_for(stop, 200ms, [] { return false; });
  around.alarms.clear("raw_file_waits");
}

/// Copies entries until the log is closed, or nobody records any more.
void copy_log(Series& series, const SeriesStore& store, const std::stop_token& stop,
              runtime::Heartbeat& heartbeat, const Surroundings& around, Archive& archive) {
  // Between two looks at the disk, which may be another machine's: less than is kept in reserve.
  constexpr std::size_t bytes_between_looks = std::size_t{8} << 20;
  constexpr std::uint64_t entries_between_looks = 16;
  std::size_t written = 0;
  std::uint64_t entries = 0;
  for (std::uint64_t next = 0;;) {
    heartbeat.busy("writing the raw file", longest_step_s);
    if (written >= bytes_between_looks || ++entries % entries_between_looks == 0) {
      wait_for_room(series, store, stop, heartbeat, around);
      written = 0;
    }
    // Asked before the look: entries appended in between would not come into the file.
    const bool over = stop.stop_requested() && !around.recording();
    next = series.log.following(next);
    if (const auto entry = series.log.read(next)) {
      if (!entry->empty()) archive.copy(*entry);  // else lost on the disk
      for (const Bytes& part : *entry) written += part.size();
      ++next;
      continue;
    }
    if (series.log.closed() && next >= series.log.size()) return;
    if (over) return;
    // A stop ends the wait at once; the recorder then closes the log within a moment.
    store.wait_for({}, stop.stop_requested() ? 10ms : 200ms,
                   [&] { return series.log.size() > next || series.log.closed(); });
  }
}

/// While the classifier is at its last labels.
void suspect_orientation(Series& series) {
  const auto suspicion = look_at_orientation(series);
  if (!suspicion) return;
  telemetry::Logger("ingest").warning(*suspicion, {{"uid", series.info.uid}});
  series.join_report = with_suspicion(series.join_report, *suspicion);
}

void wait_for_labels(Series& series, const SeriesStore& store, const IngestOptions& options,
                     const std::stop_token& stop, runtime::Heartbeat& heartbeat,
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

/// HDF5 may hold on to a file that it could not write; its room is given back all the same.
void forget(const std::filesystem::path& file) {
  std::error_code ignored;
  std::filesystem::resize_file(file, 0, ignored);
  std::filesystem::remove(file, ignored);
}

/// Throws Error when the file is gone or damaged: somebody may have removed it.
void prove_sealed(const std::filesystem::path& raw, const std::string& uid) {
  if (!std::filesystem::exists(raw)) throw Error(raw.string() + " is gone", "somebody removed or moved it");
  if (scanfile::sealed_series(raw) != uid) throw Error(raw.string() + " is not the file that was written");
  const auto proof = scanfile::prove_ledger(raw);
  if (!proof.faults.empty()) throw Error(raw.string() + " is damaged", proof.faults.front());
}

/// Under another name: a journal beside a sealed file is one that a kill kept from being removed.
void keep_journal(const Series& series, const char* name, const std::string& why) {
  const auto kept = series.folder / name;
  std::error_code gone;
  std::filesystem::rename(series.log.path(), kept, gone);
  telemetry::Logger("ingest").error(why + "; the journal is kept",
                                    {{"uid", series.info.uid}, {"journal", kept.string()}});
}

/// The sealed file takes the journal's place, once it was read back. The open journal still serves late
/// consumers until it is dropped. Throws Error when the file is not what was written.
void drop_journal(const Series& series, const Archive& archive, const IngestOptions& options,
                  runtime::Heartbeat& heartbeat) {
  if (archive.refused() > 0)
    return keep_journal(series, "refused.journal",
                        std::to_string(archive.refused()) + " frames do not fit the raw file");
  // Who removed the folder with the journal left the ledger to go by.
  if (!std::filesystem::exists(series.log.path())) return prove_sealed(archive.path(), series.info.uid);
  const journal::JournalReader journal(series.log.path());
  const auto difference = difference_from(journal, archive.path(), options.max_frame_bytes, [&] {
    heartbeat.busy("reading the raw file back", longest_step_s);
  });
  if (difference) throw Error("the sealed raw file is not what was written to it", *difference);
  if (series.damaged) return keep_journal(series, Series::damaged_name, "the journal had lost entries");
  std::filesystem::remove(series.log.path());
}

/// The usual name, or the next one where somebody else's file has it.
std::filesystem::path free_name(const std::filesystem::path& folder) {
  std::filesystem::path path = folder / Series::raw_name;
  for (int n = 2; std::filesystem::exists(path); ++n) path = folder / ("raw-" + std::to_string(n) + ".h5");
  return path;
}

std::string write_once(Series& series, const SeriesStore& store, const IngestOptions& options,
                       const std::stop_token& stop, runtime::Heartbeat& heartbeat, const Surroundings& around,
                       const std::filesystem::path& raw, Attempt attempt) {
  wait_for_room(series, store, stop, heartbeat, around);
  heartbeat.busy("making the raw file", longest_step_s);
  // Somebody may have taken the folder away meanwhile.
  std::filesystem::create_directories(raw.parent_path());
  Archive archive(raw, raw_options(series, options, attempt), options.max_frame_bytes);
  copy_log(series, store, stop, heartbeat, around, archive);
  heartbeat.busy("looking at the orientation", longest_step_s);
  if (!stop.stop_requested() && attempt == Attempt::first) suspect_orientation(series);
  wait_for_labels(series, store, options, stop, heartbeat, around.has_consumer);

  wait_for_room(series, store, stop, heartbeat, around);
  heartbeat.busy("sealing the raw file", longest_step_s);
  const auto snapshot = series.ledger.snapshot();
  const auto seal_start = runtime::steady_now_ns();
  archive.seal(series.ledger, series.join_report);
  drop_journal(series, archive, options, heartbeat);

  nlohmann::json report;
  report["ledger"] = snapshot.by_name();
  report["seconds"]["scan"] = static_cast<double>(series.ended_ns - series.started_ns) * 1e-9;
  report["seconds"]["seal"] = static_cast<double>(runtime::steady_now_ns() - seal_start) * 1e-9;
  if (const auto aside = series.aside.by_name(); !aside.empty()) report["set_aside"] = aside;
  report["warnings"] = nlohmann::json::array();
  for (const Warning& warning : series.warnings())
    report["warnings"].push_back({{"code", warning.code}, {"sentence", warning.sentence}});
  if (!series.join_report.empty()) report["positions"] = nlohmann::json::parse(series.join_report);
  report["raw_file"] = archive.path().filename().string();
  if (archive.refused() > 0) report["raw_file_refused"] = archive.refused();
  return report.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

std::optional<std::string> write_series(Series& series, const SeriesStore& store,
                                        const IngestOptions& options, std::stop_token stop,
                                        runtime::Heartbeat& heartbeat, const Surroundings& around) {
  auto raw = series.folder / Series::raw_name;
  for (Attempt attempt = Attempt::first;; attempt = Attempt::again) {
    std::string why;
    try {
      auto report = write_once(series, store, options, stop, heartbeat, around, raw, attempt);
      around.alarms.clear("raw_file");
      return report;
    } catch (const InputError& taken) {
      // Only the first attempt finds somebody else's file: what a later one finds is its own.
      raw = free_name(series.folder);
      around.alarms.raise("raw_file", std::string("the raw file of ") + series.info.uid + " is written as " +
                                          raw.string() + " (" + taken.what() + ")");
      continue;
    } catch (const Error& error) {
      why = error.what();
    } catch (const std::filesystem::filesystem_error& error) {
      why = error.what();
    }
    std::replace(why.begin(), why.end(), '\n', ' ');  // HDF5 is verbose
    forget(raw);
    around.alarms.raise("raw_file", "the raw file of " + series.info.uid + " could not be written (" + why +
                                        "); the journal has everything, and the file is made anew from it");
    heartbeat.waiting("to try again");
    store.wait_for(stop, retry_after, [] { return false; });
    if (stop.stop_requested() && !around.recording()) return std::nullopt;
  }
}

}  // namespace ptero::ingest
