#pragma once
// What is in a file, in a few lines.

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <ptero/scanfile/frame_state.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace ptero::scanfile {

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
  npy,      ///< NumPy, one array
  npz,      ///< several
  tiff,     ///< pages
  mib,      ///< Merlin
  empad,    ///< .raw
  matlab5,  ///< MATLAB before 7.3, not read
  png,      ///< a picture, no scan
};
std::string_view name_of(FileKind kind);

/// From the least to the largest.
using ValueRange = std::array<double, 2>;
/// nothing: not given. Several texts are several lines of one key.
using FactValue = std::variant<std::monostate, bool, std::uint64_t, double, std::string, Shape, ValueRange,
                               std::vector<std::string>>;

struct Fact {
  std::string key;  ///< lower case, words joined by '_'
  FactValue value;
  std::string unit = {};  ///< of numbers: "m", "eV"
};

struct DatasetFact {
  std::string path;
  std::vector<std::uint64_t> shape;
  std::string dtype;
};

/// In the order to print them.
struct Description {
  FileKind kind = FileKind::hdf5;
  std::vector<Fact> facts;
  std::vector<DatasetFact> datasets;

  /// "key: value" lines, numbers to six digits with their unit.
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

}  // namespace ptero::scanfile
