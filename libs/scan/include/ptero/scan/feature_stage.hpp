#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <ptero/core/series.hpp>
#include <ptero/roi/feature_table.hpp>
#include <ptero/scan/method_options.hpp>

namespace ptero::scan {

/// Decodes frames and reduces them to features. Where nobody gives the centre of the pattern, the first
/// frames wait until enough have come to find it: the mean of those with ids below `centre_frames` decides,
/// so the online and the batch answer use the same centre. One segment needs no centre. In types of 32 bits a
/// few of the first frames wait in any case, to find the marks that gaps and dead pixels carry there: pixels
/// that hold a flag of 16 bits, or a number below zero, the same in all of them, are masked.
/// Used by one thread, but for prepare().
class FeatureStage {
 public:
  static constexpr FrameId centre_frames = 32;
  static constexpr FrameId mark_frames = 8;
  /// An absent one of the first frames is given up after so many arrivals.
  static constexpr std::size_t patience = 128;

  FeatureStage(const SeriesInfo& info, const MethodOptions& method);

  struct Item {
    roi::FrameRecord record;
    std::size_t ticket = 0;  ///< what the caller gave with the frame
  };
  struct Outcome {
    std::vector<Item> items;          ///< in order of arrival; several at once when the centre was found
    std::optional<FrameFault> fault;  ///< the frame given cannot be decoded
  };
  Outcome take(const Frame& frame, std::size_t ticket) { return take(frame, prepare(frame), ticket); }

  /// The part of the work that frames do not share: decoded pixels and, where the centre is known, features.
  struct Prepared {
    std::optional<FrameFault> fault;
    Bytes pixels;  ///< empty once the features are there
    std::optional<roi::FrameFeatures> features;
  };
  /// May be called from several threads at once, while no other member runs.
  Prepared prepare(const Frame& frame) const;
  Outcome take(const Frame& frame, Prepared prepared, std::size_t ticket);
  /// Before any frame: the marked pixels and the centre that an earlier run found.
  void resume(std::vector<std::uint32_t> marked, roi::PatternCentre centre);
  /// No frame follows: whatever waits is done with the centre there is.
  std::vector<Item> finish();

  /// Absent as long as frames wait.
  std::optional<roi::PatternCentre> centre() const {
    return extractor_ ? centre_ : std::optional<roi::PatternCentre>();
  }
  /// Pixels of the frames as viewed that are masked for the marks they carry, ascending.
  const std::vector<std::uint32_t>& marked() const { return marked_; }

 private:
  struct Waiting {
    Frame frame;
    Bytes pixels;
    std::size_t ticket;
  };
  Item item_of(const Frame& frame, roi::FrameFeatures features, std::size_t ticket) const;
  std::vector<Item> settle();
  bool decides(const Waiting& waiting) const;
  void make_extractor();
  FrameView view_;

  SeriesInfo info_;  // as it looks through the view
  int segments_;
  std::optional<roi::PatternCentre> centre_;
  std::optional<roi::FeatureExtractor> extractor_;
  std::vector<std::uint32_t> marked_;
  FrameId deciding_;  // ids below it are looked at for centre and marks
  std::vector<Waiting> waiting_;
  std::size_t first_frames_ = 0;  // of those waiting, with an id below deciding_
};

}  // namespace ptero::scan
