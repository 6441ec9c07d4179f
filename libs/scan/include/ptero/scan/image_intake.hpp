#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>

#include <ptero/core/left_out.hpp>
#include <ptero/core/series.hpp>
#include <ptero/core/warning.hpp>
#include <ptero/ptycho/reconstruction.hpp>
#include <ptero/scan/position_bulk.hpp>

namespace ptero::scan {

/// The selected frames of a series on their way into a reconstruction: each is in it, held back, or left out
/// with a reason. The first ones are held back until their positions show where the scan lies, so that one
/// wrong position cannot place the object, whichever comes first; an outlier is held on to, and goes in once
/// others lie there. The same for batch and service. Used by one thread.
class ImageIntake {
 public:
  /// info: as it looks through `view`; it and the reconstruction outlive this. options: what the latter was
  /// made with.
  ImageIntake(const SeriesInfo& info, FrameView view, const ptycho::ReconstructionOptions& options,
              ptycho::Reconstruction& reconstruction);

  /// Where frames lie that will come: none is held back any more.
  void expect(const std::map<FrameId, Position>& places);
  /// A selected frame. One that was taken before is ignored.
  void take(const Frame& frame);
  /// Not selected any more.
  void remove(std::span<const FrameId> ids);
  /// No more will come for now: what is held back goes in, or is left out.
  void settle();

  /// Without those that wait elsewhere.
  ImageFrames frames() const;
  /// Of the frames in the image, as measured.
  const std::map<FrameId, Position>& positions() const { return positions_; }
  const std::map<FrameId, LeftOut>& left_out() const { return left_out_; }
  /// Share of the counts of the first frames that lie under the mask; nullopt: no frame yet.
  std::optional<double> masked_counts() const;
  /// What a person should know of what was left out.
  Warnings warnings() const;

 private:
  void place(const Frame& frame, const Position& position);
  std::optional<LeftOut> add(const Frame& frame, const Position& position);
  LeftOut why_no_counts(std::span<const std::byte> pixels) const;
  bool fits(FrameId id, const Position& position);
  void follow_bulk();
  void set_apart(const Frame& frame);
  void look_under_mask(std::span<const std::byte> pixels);
  std::string length(double metres) const;

  const SeriesInfo& info_;
  FrameView view_;
  ptycho::IntakeOptions crop_;
  double pixel_m_;
  std::size_t max_object_pixels_;
  ptycho::Reconstruction& reconstruction_;
  PositionBulk bulk_;
  std::set<FrameId> known_outlying_;
  bool settled_ = false;
  std::map<FrameId, Frame> held_;   // until the bulk is known
  std::map<FrameId, Frame> apart_;  // outliers, for the case that others come to lie there; bounded
  std::map<FrameId, Position> positions_;
  PositionBulk::Box covered_;  // by the frames that are in, or were
  std::map<FrameId, LeftOut> left_out_;
  double masked_ = 0, all_ = 0;  // counts of the first frames
  std::size_t looked_at_ = 0;
  std::string too_large_;  // why an object is not taken; empty: it was
};

}  // namespace ptero::scan
