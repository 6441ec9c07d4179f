#pragma once

#include <cstdint>
#include <optional>

#include <ptero/core/frame.hpp>

namespace ptero::ingest {

/// Which numbers of a series' frames can be meant. Numbers announced are hints, and one bit turned over in a
/// header names a frame that never was: what came so far says what may come next. A number far from it is
/// believed once a second frame says one beside it. Used by one thread.
class FrameNumbers {
 public:
  /// Frames that overtake each other, or are lost one by one, are not further apart.
  static constexpr std::uint64_t beside = 64;

  /// `announced`: how many frames, where it was said. `next`: the number that is due, of a series of an
  /// earlier process.
  explicit FrameNumbers(std::optional<std::uint64_t> announced, FrameId next = 0)
      : announced_(announced), next_(next) {}

  /// The id of a frame that says this number: counted from the first where the detector does not begin at 0.
  FrameId id_of(std::uint64_t said) const;
  /// It may be the number of a frame.
  bool is_plausible(std::uint64_t said) const;
  /// Two frames, one behind the other, that say numbers beside each other.
  static bool are_beside(std::uint64_t one, std::uint64_t other);
  /// Believes two such numbers, of which neither was plausible: frames were lost before them, or the detector
  /// counts from elsewhere. False: neither can be.
  bool believe(std::uint64_t one, std::uint64_t other);
  /// A frame of this id was taken.
  void took(FrameId id);

  FrameId next() const { return next_; }
  std::uint64_t first() const { return base_; }
  bool is_beyond_announced(FrameId id) const { return announced_ && id >= *announced_; }
  std::optional<std::uint64_t> announced() const { return announced_; }
  /// The bit by which the number differs from one that is due; nullopt: from none by one bit alone.
  std::optional<unsigned> turned_bit(std::uint64_t said) const;

 private:
  std::optional<std::uint64_t> announced_;
  std::uint64_t base_ = 0;  // the number of frame 0
  FrameId next_ = 0;        // above all that were taken
  bool any_ = false;
};

}  // namespace ptero::ingest
