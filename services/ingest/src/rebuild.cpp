#include <ptero/services/ingest/rebuild.hpp>

#include <functional>

#include <ptero/core/error.hpp>
#include <ptero/services/ingest/ingest.hpp>

#include "archive.hpp"
#include "journal_replay.hpp"

namespace ptero::ingest {

namespace {

/// Whatever was accepted into the journal may be that large; only a header's claim is bounded here.
constexpr std::size_t max_frame_bytes = std::size_t{1} << 32;

/// Replays a journal to its end, which is said where it is missing. Each entry is shown to `see`.
JournalAccount replay(const journal::JournalReader& reader, const SeriesInfo& info, Ledger& ledger,
                      const std::function<void(const Parts&)>& see) {
  JournalReplay replay(info, ledger, max_frame_bytes);
  for (std::uint64_t i = 0; i < reader.size(); ++i) {
    const Parts entry = reader.read(i);
    if (i > 0) replay.take(entry);
    see(entry);
  }
  if (!replay.ended()) ledger.end({});
  return {
      reader.series_uid(), reader.size(), replay.ended(), reader.tail_bytes(), ledger.snapshot().counts, 0};
}

SeriesInfo first_entry(const std::filesystem::path& journal, const journal::JournalReader& reader) {
  if (reader.size() == 0)
    throw InputError("the journal " + journal.string() + " is empty", "its writer was killed at the start",
                     "there is nothing to rebuild");
  return start_of(journal, reader.read(0), max_frame_bytes);
}

}  // namespace

JournalAccount read_account(const std::filesystem::path& journal) {
  const journal::JournalReader reader(journal);
  const SeriesInfo info = first_entry(journal, reader);
  Ledger ledger(info.n_expected, IngestOptions{}.give_up_after);
  return replay(reader, info, ledger, [](const Parts&) {});
}

JournalAccount rebuild(const std::filesystem::path& journal, const std::filesystem::path& raw,
                       Existing existing) {
  const journal::JournalReader reader(journal);
  const SeriesInfo info = first_entry(journal, reader);
  Ledger ledger(info.n_expected, IngestOptions{}.give_up_after);
  using Mode = scanfile::RawWriterOptions::Existing;
  Archive archive(raw,
                  {.series = info,
                   .title = info.uid,
                   .source_name = "rebuilt from " + journal.filename().string(),
                   .existing = existing == Existing::replace ? Mode::replace : Mode::refuse},
                  max_frame_bytes);
  JournalAccount account = replay(reader, info, ledger, [&](const Parts& entry) { archive.copy(entry); });
  archive.seal(ledger);
  account.refused = archive.refused();
  return account;
}

}  // namespace ptero::ingest
