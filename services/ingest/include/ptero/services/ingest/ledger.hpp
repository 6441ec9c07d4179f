#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <ptero/core/frame.hpp>
#include <ptero/core/frame_state.hpp>

namespace ptero::ingest {

/// The state of every frame id of one series (design promise 1): each id is in exactly one state, and the
/// counts sum to the number of ids at every moment. Thread-safe: `snapshot` is one consistent picture.
class Ledger {
 public:
  /// n_expected: the announced number, a hint: ids beyond it extend the ledger. Memory: two bytes an id up to
  /// the highest that came; those announced behind it cost nothing.
  /// An absent id is `missing` once so many later ids have come; it may still arrive.
  Ledger(std::optional<std::uint64_t> n_expected, std::uint64_t give_up_after);

  /// A usable frame came. False: this id came before, or lies beyond `max_frame_id`.
  bool arrived(FrameId id, bool positioned);
  /// Something came under this id that cannot be used. An id that already arrived keeps its state.
  void corrupt(FrameId id, FrameFault why);
  /// The classifier's word. Only frames that arrived take a label; `corrupt` is one too (a bad payload).
  /// reason: as scanfile::stored_reason gives it.
  void label(FrameId id, FrameState state, std::uint8_t reason = 0);
  /// The series is over. frames: how many ids the detector used, where it said so; ids behind it, or behind
  /// the last that came, are `not_taken`, other absent ones `missing`.
  void end(std::optional<std::uint64_t> frames);

  struct Snapshot {
    LedgerCounts counts;
    std::uint64_t total = 0;  ///< ids
    bool ended = false;
    std::map<std::string, std::uint64_t> by_name() const;
  };
  Snapshot snapshot() const;
  /// One more than the highest id that arrived; 0: none did.
  FrameId arrived_end() const;
  /// Every id below `end` came, usable or not.
  bool all_came(FrameId end) const;
  /// Everything at one moment, as a file stores it.
  struct Account {
    LedgerCounts counts;
    std::vector<FrameState> states;                  ///< by id, up to the last that came or was given up
    std::vector<std::uint8_t> reasons;               ///< by id: why it is corrupt or excluded; 0: no reason
    std::uint64_t behind = 0;                        ///< ids announced behind these
    FrameState behind_state = FrameState::expected;  ///< theirs
  };
  Account account() const;

 private:
  void set(FrameId id, FrameState state, std::uint8_t reason = 0);
  void grow(FrameId id);
  void give_up_below(FrameId id);

  mutable std::mutex mutex_;
  std::vector<FrameState> states_;
  std::vector<std::uint8_t> reasons_;  // as many
  std::uint64_t total_ = 0;            // ids; those behind states_ are all expected, or all not taken
  LedgerCounts counts_;
  std::uint64_t give_up_after_;
  FrameId next_due_ = 0;  ///< every id below was looked at for being missing
  FrameId arrived_end_ = 0;
  bool ended_ = false;
};

}  // namespace ptero::ingest
