#include <ptero/services/ingest/rebuild.hpp>

#include <functional>

#include <ptero/core/error.hpp>
#include <ptero/services/ingest/ingest.hpp>

#include "archive.hpp"
#include "journal_damage.hpp"
#include "journal_replay.hpp"

namespace ptero::ingest {

namespace {

/// Whatever was accepted into the journal may be that large; only a header's claim is bounded here.
constexpr std::size_t max_frame_bytes = std::size_t{1} << 32;

struct Start {
  SeriesInfo info;
  bool lost = false;
};

/// What the first whole frame tells of a series whose start is damaged.
SeriesInfo start_from_a_frame(const std::filesystem::path& path, const journal::JournalReader& reader) {
  for (auto i = reader.following(0); i < reader.size(); i = reader.following(i + 1)) {
    const auto entry = reader.find(i);
    const auto decoded = wire::decode_entry(entry.value_or(Parts{}), max_frame_bytes);
    const auto* message =
        decoded && decoded->message ? std::get_if<wire::StreamFrame>(&*decoded->message) : nullptr;
    if (message == nullptr) continue;
    SeriesInfo info{.id = message->series.value_or(0),
                    .uid = reader.series_uid(),
                    .frame_shape = message->frame.shape,
                    .dtype = message->frame.dtype};
    if (info.uid.empty()) info.uid = path.parent_path().filename().string();
    return info;
  }
  throw InputError("the journal " + path.string() + " holds no frame",
                   "its start is damaged and no frame is whole", "there is nothing to rebuild");
}

Start first_entry(const std::filesystem::path& path, const journal::JournalReader& reader) {
  if (reader.entries() == 0)
    throw InputError(
        "the journal " + path.string() + " is empty",
        reader.tail_bytes() > 0 ? "none of its entries is whole" : "its writer was killed at the start",
        "there is nothing to rebuild");
  if (const auto entry = reader.find(0)) return {start_of(path, *entry, max_frame_bytes), false};
  return {start_from_a_frame(path, reader), true};
}

/// Replays a journal to its end, which is said where it is missing. Each entry is shown to `see`.
JournalAccount replay(const journal::JournalReader& reader, const Start& start, Ledger& ledger,
                      const std::function<void(const Parts&)>& see) {
  JournalReplay replay(start.info, ledger, max_frame_bytes);
  for (auto i = reader.following(0); i < reader.size(); i = reader.following(i + 1)) {
    const auto entry = reader.find(i);
    if (!entry) continue;
    if (i > 0) replay.take(*entry);
    see(*entry);
  }
  if (!replay.ended()) ledger.end({});
  return {.series_uid = start.info.uid,
          .entries = reader.entries(),
          .ended = replay.ended(),
          .cut_bytes = reader.tail_bytes(),
          .ledger = ledger.snapshot().counts,
          .damage = damage_of(reader, ledger),
          .start_is_lost = start.lost};
}

}  // namespace

JournalAccount read_account(const std::filesystem::path& path) {
  const journal::JournalReader reader(path);
  const Start start = first_entry(path, reader);
  Ledger ledger(start.info.n_expected, IngestOptions{}.give_up_after);
  return replay(reader, start, ledger, [](const Parts&) {});
}

JournalAccount rebuild(const std::filesystem::path& path, const std::filesystem::path& raw,
                       Existing existing) {
  const journal::JournalReader reader(path);
  const Start start = first_entry(path, reader);
  Ledger ledger(start.info.n_expected, IngestOptions{}.give_up_after);
  using Mode = scanfile::RawWriterOptions::Existing;
  Archive archive(raw,
                  {.series = start.info,
                   .title = start.info.uid,
                   .source_name = "rebuilt from " + path.filename().string(),
                   .existing = existing == Existing::replace ? Mode::replace : Mode::refuse},
                  max_frame_bytes);
  JournalAccount account = replay(reader, start, ledger, [&](const Parts& entry) { archive.copy(entry); });
  archive.seal(ledger);
  account.refused = archive.refused();
  return account;
}

}  // namespace ptero::ingest
