#pragma once
// A raw file from a journal that was left behind, without a service.

#include <filesystem>
#include <string>

#include <ptero/core/frame_state.hpp>

namespace ptero::ingest {

/// What a journal tells of its series.
struct JournalAccount {
  std::string series_uid;
  std::uint64_t entries = 0;
  bool ended = false;           ///< the end of the series is in the journal
  std::uint64_t cut_bytes = 0;  ///< of an unfinished last entry
  LedgerCounts ledger;          ///< after the end; labels are not in the journal: `pending`
  std::uint64_t refused = 0;    ///< frames that do not fit the raw file (rebuild only)
};

/// The ledger of a journal, counted again. Throws InputError when it is no journal, Error when it is damaged.
JournalAccount read_account(const std::filesystem::path& journal);

enum class Existing : std::uint8_t { refuse, replace };
/// Writes and seals the raw file of a journal; the journal stays. Throws like read_account, and InputError
/// when `raw` exists and may not be replaced.
JournalAccount rebuild(const std::filesystem::path& journal, const std::filesystem::path& raw,
                       Existing existing);

}  // namespace ptero::ingest
