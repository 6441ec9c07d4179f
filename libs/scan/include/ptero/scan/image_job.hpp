#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>

#include <ptero/core/frame.hpp>
#include <ptero/ptycho/reconstruction.hpp>
#include <ptero/scan/image_intake.hpp>
#include <ptero/scan/plausible.hpp>
#include <ptero/scan/reconstruction_outputs.hpp>
#include <ptero/scan/solver_options.hpp>

namespace ptero::scan {

/// The reconstruction of one series as frames come and go, from its first frame to what is left of it; the
/// same for batch and service. Used by one thread.
class ImageJob {
 public:
  /// Where another job of this series stood, without its patterns.
  struct Standing {
    std::optional<std::size_t> epochs_at_final;  ///< when the selection became final, where it has
    std::uint64_t patterns_run = 0;
    double seconds = 0;
    ptycho::Checkpoint state;
  };

  /// Never throws for what is wrong with the series or the options: that is a problem. options outlive this.
  /// min_frames: iterate once so many are in, or no more will come.
  ImageJob(SeriesInfo info, const SolverOptions& options, std::size_t min_frames);
  ImageJob(const ImageJob&) = delete;
  ImageJob& operator=(const ImageJob&) = delete;

  /// Goes on where an earlier job stood; before the first frame. Nothing is run until the frames it had have
  /// come again: on a part of them the object would be worn down to their noise. Throws InputError where it
  /// does not fit.
  void resume(const Standing& standing);
  /// nullopt: there is nothing worth keeping yet.
  std::optional<Standing> standing() const;

  /// Frames that will come.
  void announce(std::span<const FrameId> ids);
  /// All that will come, and where they lie, where that is known before the first.
  void expect(const std::map<FrameId, Position>& places);
  /// nullopt: taken in (or held back, or not needed); else why it is left out.
  std::optional<LeftOut> take(const Frame& frame);
  /// Not selected any more.
  void remove(std::span<const FrameId> ids);
  /// What an earlier job had and is not among `coming` will not come again.
  void await_only(const std::set<FrameId>& coming);
  /// The selection is final and all of it came.
  void finalise();
  /// One pass after the final selection is enough.
  void finish_early() { early_ = true; }
  /// Begins the object anew with the frames that are in; after a divergence too.
  void restart();

  /// There can be an image of this series.
  bool works() const { return reconstruction_.has_value(); }
  /// There is something to iterate on.
  bool can_run() const;
  /// One batch.
  void run();
  /// Nothing more will come, and either the last epochs are done or more of them would change nothing.
  bool done() const;
  bool is_final() const { return final_; }

  /// Why there is no image, or none that gets better; empty: all is well.
  const std::string& problem() const { return problem_; }
  /// May be called before it is done: the problem then says what is missing.
  Finished finish() const;
  /// The numbers of the end that cost as much as some epochs; `go_on` is asked between batches. After
  /// finish_early, and before the selection is final, nothing is taken.
  Quality quality(const std::function<bool()>& go_on);

  const SeriesInfo& info() const { return info_; }
  /// What became of the frames selected so far.
  ImageFrames use() const;
  const std::map<FrameId, LeftOut>& left_out() const;
  Warnings warnings() const;
  std::size_t frames() const { return reconstruction_ ? reconstruction_->frames() : 0; }
  std::uint64_t patterns_run() const { return patterns_run_; }
  double last_error() const { return last_error_; }
  std::size_t epochs() const { return reconstruction_ ? reconstruction_->epochs() : 0; }
  unsigned recoveries() const { return reconstruction_ ? reconstruction_->recoveries() : 0; }
  bool settled() const { return reconstruction_ && reconstruction_->settled(); }
  bool converged() const { return reconstruction_ && reconstruction_->converged(); }
  ptycho::Snapshot snapshot() const { return reconstruction_->snapshot(); }
  /// As the frames came.
  const std::map<FrameId, Position>& positions() const;

 private:
  void set_up_for_series();
  /// With what frames and probe say.
  ScanQuantities quantities() const;
  std::string shortcoming() const;
  /// Passes over all frames since the last one came.
  std::size_t last_epochs() const;

  FrameView view_;
  SeriesInfo info_;  // as it looks through the view
  const SolverOptions& options_;
  std::size_t min_frames_;
  std::optional<ptycho::Reconstruction> reconstruction_;
  std::optional<ImageIntake> intake_;
  std::set<FrameId> selected_;
  double object_pixel_m_ = 0;
  std::size_t pattern_ = 0;  // side
  std::string problem_;
  bool final_ = false;
  bool early_ = false;
  std::size_t epochs_at_final_ = 0;
  std::uint64_t patterns_run_ = 0;
  double last_error_ = 0;
  double seconds_ = 0;
  std::optional<std::size_t> resumed_epochs_at_final_;
  std::set<FrameId> awaited_;  // of an earlier job: frames that will come again
  std::size_t resumed_at_ = 0;
  Warnings implausible_;  // of what was known before the first frame, then of the whole scan
};

}  // namespace ptero::scan
