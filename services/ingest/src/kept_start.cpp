#include "kept_start.hpp"

#include <ptero/core/error.hpp>
#include <ptero/journal/journal.hpp>

#include "entry_parts.hpp"

namespace ptero::ingest {

namespace {
constexpr const char* file_uid = "announced";
}

KeptStart::KeptStart(const IngestOptions& options)
    : trial_(std::filesystem::path(options.out) / "announced.trial") {
  if (options.resume) file_ = std::filesystem::path(options.out) / file_name;
}

void KeptStart::keep(const Incoming& start) {
  if (file_.empty() || start.parts.size() > most_entry_parts) return;
  Parts entry{wire::encode(wire::Received{.t_arrival_ns = start.t_arrival_ns})};
  entry.insert(entry.end(), start.parts.begin(), start.parts.end());
  try {
    remove();
    journal::JournalWriter writer(file_, file_uid, journal::OpenMode::create);
    writer.append(entry);
    writer.sync();
    kept_ns_ = start.t_arrival_ns;
  } catch (const Error& error) {
    log_.warning("the start of the series is not kept on disk; a kill before its first image would lose it",
                 {{"why", error.what()}});
    remove();
  }
}

void KeptStart::started(std::int64_t t_arrival_ns) {
  if (kept_ns_ == t_arrival_ns) remove();
}

std::optional<Incoming> KeptStart::earlier(runtime::Alarms& alarms) {
  std::error_code none;
  if (file_.empty() || !std::filesystem::exists(file_, none)) return std::nullopt;
  if (!trial_.begin(file_, alarms)) return std::nullopt;
  try {
    const journal::JournalReader reader(file_);
    if (reader.size() > 0) {
      const Parts entry = reader.read(0);
      if (const auto note = wire::decode_received(entry.at(0))) {
        kept_ns_ = note->t_arrival_ns;
        return Incoming{Parts(entry.begin() + 1, entry.end()), note->t_arrival_ns, {}};
      }
    }
    // Killed while it was written: the detector's next word is lost like any other in the receive queue.
    log_.warning("a start that was not kept whole is left out", {{"file", file_.string()}});
  } catch (const Error& error) {
    log_.warning("a start that an earlier process kept is left out",
                 {{"file", file_.string()}, {"why", error.what()}});
  }
  remove();
  trial_.survived();
  return std::nullopt;
}

void KeptStart::remove() {
  std::error_code ignored;
  std::filesystem::remove(file_, ignored);
  kept_ns_.reset();
}

}  // namespace ptero::ingest
