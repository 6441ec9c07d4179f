#pragma once
// What is in a file, in a few lines.

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <ptero/spool/frame_state.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ptero::spool {

enum class FileKind : std::uint8_t {
  raw,
  cxi,
  product,
  eiger_master,
  ptyd,       ///< ptypy's prepared data
  dp,         ///< fold_slice, pty-chi
  ptychodus,  ///< its patterns
  hdf5,
  journal,
};
std::string_view name_of(FileKind kind);

/// Facts in the order to print them: key (lower case, words joined by '_') and value as text.
struct Description {
  FileKind kind = FileKind::hdf5;
  std::vector<std::pair<std::string, std::string>> facts;

  /// "key: value" lines.
  std::string text() const;
};

/// A reconstruction in the product layout. Throws InputError when the file cannot be opened.
bool is_product(const std::filesystem::path& path);
/// It begins as a journal does. False for what cannot be read.
bool is_journal(const std::filesystem::path& path);

/// Throws InputError when the file is missing or neither HDF5 nor a journal.
Description describe(const std::filesystem::path& path);

/// The ledger of a raw file, proved again from the state of each frame.
struct LedgerProof {
  LedgerCounts recorded;  ///< what the service wrote when it sealed the file
  LedgerCounts counted;   ///< from the states of the frames
  /// Frames by state and reason in words, where a reason is recorded.
  std::map<std::pair<FrameState, std::string>, std::uint64_t> reasons;
  bool sealed = false;
  std::uint64_t expected = 0;  ///< announced or highest id + 1
  /// One sentence for each contradiction; empty when the ledger holds.
  std::vector<std::string> faults;
};

/// Throws InputError when the file is no raw file of ptero.
LedgerProof prove_ledger(const std::filesystem::path& path);

/// The uid of the series in a raw file that was sealed; nullopt when it was not. Throws InputError when the
/// file cannot be opened or is no raw file of ptero.
std::optional<std::string> sealed_series(const std::filesystem::path& path);

}  // namespace ptero::spool
