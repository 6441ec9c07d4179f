#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <ptero/roi/batch.hpp>
#include <ptero/roi/roi_set.hpp>
#include <vector>

namespace ptero::roi {

/// Runs a task, now or later, here or on another thread. Must run every task it is given, in any order.
using Executor = std::function<void(std::function<void()>)>;
/// Runs it at once.
Executor inline_executor();

/// A label that a revision put in force.
struct Settled {
  FrameId id = 0;
  Label label = Label::pending;
  bool contested = false;  ///< the revision itself says otherwise, but is not sure
  friend bool operator==(const Settled&, const Settled&) = default;
};

/// What was computed for a prefix, and what it changed of the set in force just before.
struct Revision {
  std::uint64_t number = 0;      ///< 1, 2, ...
  FrameId watermark = 0;         ///< the prefix: ids below it
  std::vector<FrameId> added;    ///< ascending
  std::vector<FrameId> removed;  ///< ascending; may hold frames that an immediate label selected
  std::vector<Settled> settled;  ///< frames that have another label now, or one contested or no longer;
                                 ///< ascending
  std::shared_ptr<const Classification> classification;  ///< the batch answer for the prefix; never null
  RegionShape shape;                                     ///< it was computed with
};

/// A first label, and how far the frame is from the boundary.
struct Labelled {
  FrameId id = 0;
  Label label = Label::pending;
  float confidence = 0;  ///< 0 on the boundary .. 1 certain
};

/// What one frame brought about.
struct Step {
  Label label = Label::pending;  ///< by the thresholds in force and the neighbours that came; pending: none
                                 ///< are in force, the frame waits, or they are not certain of it
  bool waits = false;            ///< its label is in `waited` of a later step, unless a revision comes first
  float confidence = 0;          ///< 0 on the boundary .. 1 certain
  bool duplicate = false;        ///< the id was there before: nothing happened
  std::optional<Revision> revision;  ///< took effect before anything was labelled
  std::vector<Labelled> waited;      ///< earlier frames whose wait is over, in order of arrival
};

/// A frame as an earlier run of the same series added it, and the first labels it brought about.
struct PastStep {
  FrameRecord record;
  Label label = Label::pending;
  float confidence = 0;
  std::vector<Labelled> waited;
  std::vector<Settled> settled = {};       ///< by the revision that took effect before it
  std::vector<RegionShape> reshaped = {};  ///< calls of reshape() between the frame before and this one
  std::vector<Mark> marked = {};           ///< likewise of mark()
};

/// The batch answer kept up while a scan runs. A frame is labelled at once where the thresholds in force are
/// certain of it; the batch answer is computed anew for prefixes at frame counts and takes effect at the next
/// such point, so the outcome depends on the order of arrival alone: not on time, nor on the executor.
///
/// A prefix knows less than the scan. So that the region does not flap, a frame comes into it by a revision
/// that is certain, or by two in a row, and is pending until then; it leaves on evidence alone, by a revision
/// that finds it a sigma of the background or more on the other side. As long as nothing is found, frames
/// stay as they are; where patterns scatter beyond shot noise, all are selected once a third of the scan was
/// seen. The last revision is the batch answer, to the frame.
///
/// The cost of a frame does not grow with their number. A frame may be made to wait for its label
/// (WaitOptions). All members are to be called from one thread; the executor's tasks run where it likes.
class OnlineClassifier {
 public:
  /// Throws InputError when options are out of range.
  OnlineClassifier(ScanLayout layout, RoiOptions options, RevisionOptions revisions = {},
                   Executor executor = inline_executor(), WaitOptions wait = {});
  /// Waits for a computation under way.
  ~OnlineClassifier();
  OnlineClassifier(const OnlineClassifier&) = delete;
  OnlineClassifier& operator=(const OnlineClassifier&) = delete;

  /// Puts a new classifier where an earlier one stopped that was made with the same arguments and added these
  /// frames: everything is then, and goes on, as if this one had added them. Of the revisions passed only the
  /// last is computed, the labels of all are in the steps. `next` gives one step after the other, nullopt at
  /// the end.
  void restore(const std::function<std::optional<PastStep>()>& next);
  /// In order of arrival. The record's features must have options.segments segments.
  /// Waits when the revision due now is still being computed.
  Step add(FrameRecord record);
  /// add() of the next frame in order would wait for a revision.
  bool would_wait() const;
  /// A person's wish: revisions computed from now on have this shape. The next frame is a revision point, and
  /// so is the watermark `least_growth` ids later, so that it takes effect soon; like everything else it
  /// depends on its place among the frames alone. Throws InputError when the border is out of range.
  void reshape(RegionShape shape);
  /// A person's word on frames of this series, those that have come and those that will. Bad ones are
  /// labelled so at once and take no part in revisions computed from now on; ones taken back are pending
  /// until a revision decides. Revision points lie as with reshape(). Returns the labels that changed,
  /// ascending ids.
  std::vector<Labelled> mark(const Mark& mark);
  const BadFrames& bad() const;
  /// What revisions are computed with from now on.
  RegionShape shape() const;
  /// The end of the series: the revision that makes the set equal to the batch answer on all that arrived.
  Revision finish();

  const RoiSet& set() const;
  const FeatureTable& table() const;
  /// All ids below it have come or been given up.
  FrameId watermark() const;
  /// As in force now; nullopt for an id that has not come.
  std::optional<Label> label_of(FrameId id) const;
  /// How certain that is; 0 for an id that has not come.
  float confidence_of(FrameId id) const;
  /// The same by row of table(), without looking for the id. row < table().size()
  Labelled at(std::size_t row) const;
  /// What the last revision put in force was computed with; the first options before there is one.
  RegionShape shape_in_force() const;
  /// The last revision found nothing: everything is selected.
  bool no_contrast() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ptero::roi
