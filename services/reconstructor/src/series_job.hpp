#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include <ptero/ptycho/reconstruction.hpp>
#include <ptero/scan/reconstruction_outputs.hpp>
#include <ptero/scan/solver_options.hpp>
#include <ptero/wire/selection.hpp>

#include "checkpoint_file.hpp"

namespace ptero::reconstructor {

/// The reconstruction of one series as frames come and go. Used by one thread.
class SeriesJob {
 public:
  /// Never throws for what is wrong with the series or the options: that is a problem.
  SeriesJob(SeriesInfo info, const scan::SolverOptions& options, std::size_t min_frames);

  /// Goes on where an earlier worker stood; before the first frame. Nothing is run until the frames it had
  /// have come again: on a part of them the object would be worn down to their noise. Throws InputError where
  /// it does not fit.
  void resume(const WorkerCheckpoint& checkpoint);
  /// nullopt: there is nothing worth keeping yet.
  std::optional<WorkerCheckpoint> checkpoint() const;

  /// nullopt: taken in (or not needed); else why it was refused.
  std::optional<std::string> take(const Frame& frame, std::int64_t t_arrival_ns);
  void revise(const wire::RevisionNote& note);
  /// Frames of the selection that could not be used.
  const std::set<FrameId>& refused() const { return refused_; }
  /// One pass after the final revision is enough; that one is waited for all the same.
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

  /// Why there is no image, or none that gets better; empty: all is well.
  const std::string& problem() const { return problem_; }
  /// May be called before it is done: the problem then says what is missing.
  scan::Finished finish() const;
  /// The numbers of the end that cost as much as some epochs; `go_on` is asked between batches. After
  /// finish_early, and before the selection is final, nothing is taken.
  scan::Quality quality(const std::function<bool()>& go_on);
  const SeriesInfo& info() const { return info_; }
  std::uint64_t revision() const { return revision_; }
  /// Of the final selection; empty before.
  const std::string& set_hash() const { return set_hash_; }
  std::size_t frames() const { return reconstruction_ ? reconstruction_->frames() : 0; }
  std::uint64_t patterns_run() const { return patterns_run_; }
  std::int64_t newest_arrival_ns() const { return newest_arrival_ns_; }
  double last_error() const { return last_error_; }
  std::size_t epochs() const { return reconstruction_ ? reconstruction_->epochs() : 0; }
  unsigned recoveries() const { return reconstruction_ ? reconstruction_->recoveries() : 0; }
  bool converged() const { return reconstruction_ && reconstruction_->converged(); }
  ptycho::Snapshot snapshot() const { return reconstruction_->snapshot(); }
  /// As the frames came.
  const std::map<FrameId, Position>& positions() const { return positions_; }

 private:
  std::optional<std::string> try_to_take(const Frame& frame, std::int64_t t_arrival_ns);
  /// Passes over all frames since the last one came.
  std::size_t last_epochs() const;
  FrameView view_;

  SeriesInfo info_;  // as it looks through the view
  const scan::SolverOptions& options_;
  std::size_t min_frames_;
  std::optional<ptycho::Reconstruction> reconstruction_;
  std::string problem_;
  std::map<FrameId, Position> positions_;
  std::set<FrameId> refused_;
  bool final_ = false;
  bool early_ = false;
  std::size_t epochs_at_final_ = 0;
  std::uint64_t patterns_run_ = 0;
  std::int64_t newest_arrival_ns_ = 0;
  double last_error_ = 0;
  double seconds_ = 0;
  std::uint64_t revision_ = 0;
  std::string set_hash_;
  std::optional<std::size_t> resumed_epochs_at_final_;
  std::set<FrameId> awaited_;  // of a checkpoint: frames that will come again
  bool told_ = false;          // the selection, or what differs
  std::size_t resumed_at_ = 0;
};

}  // namespace ptero::reconstructor
