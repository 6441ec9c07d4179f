#pragma once
// A raw file from a journal that was left behind, without a service.

#include <filesystem>
#include <string>
#include <vector>

#include <ptero/core/frame.hpp>
#include <ptero/core/frame_state.hpp>
#include <ptero/journal/journal.hpp>

namespace ptero::ingest {

/// Entries that a disk did not give back.
struct JournalDamage {
  journal::Hole hole;
  std::vector<FrameId> frames = {};  ///< that were, or may have been, in them; empty: not known, or none
  std::string sentence = {};
};

/// What a journal tells of its series.
struct JournalAccount {
  std::string series_uid;
  std::uint64_t entries = 0;          ///< whole ones
  bool ended = false;                 ///< the end of the series is in the journal
  std::uint64_t cut_bytes = 0;        ///< behind the last whole entry: an unfinished one, or damage
  LedgerCounts ledger;                ///< after the end; labels are not in the journal: `pending`
  std::uint64_t refused = 0;          ///< frames that do not fit the raw file (rebuild only)
  std::vector<JournalDamage> damage;  ///< empty: none
  bool start_is_lost = false;  ///< shape and type were taken from the first frame, geometry is not known
};

/// The ledger of a journal, counted again from every whole entry, whatever is damaged between them. Throws
/// InputError when it is no journal or holds no frame.
JournalAccount read_account(const std::filesystem::path& journal);

enum class Existing : std::uint8_t { refuse, replace };
/// Writes and seals the raw file of a journal; the journal stays. Throws like read_account, and InputError
/// when `raw` exists and may not be replaced.
JournalAccount rebuild(const std::filesystem::path& journal, const std::filesystem::path& raw,
                       Existing existing);

}  // namespace ptero::ingest
