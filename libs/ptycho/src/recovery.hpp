#pragma once

#include <limits>
#include <optional>
#include <ptero/ptycho/reconstruction.hpp>

namespace ptero::ptycho {

/// Tells a sound epoch from one that has diverged, keeps what to go back to, and counts how often it was
/// needed.
class Recovery {
 public:
  explicit Recovery(double damping) : damping_(damping) {}

  /// Another set of frames has another error.
  void frames_changed() { best_error_ = std::numeric_limits<double>::infinity(); }
  /// Whether an epoch that ended with this error is no worse than what is worse than no light at all, nor
  /// several times the best.
  bool is_sound(double error);
  bool wants_state(std::size_t epoch) const;
  void keep(Checkpoint state);

  /// It diverged: smaller steps. False when that has happened too often.
  bool begin();
  const std::optional<Checkpoint>& good() const { return good_; }

  unsigned count() const { return count_; }
  double damping() const { return damping_; }  ///< LSQ-ML's beta
  void resume(unsigned count, double damping);

 private:
  double damping_;
  double best_error_ = std::numeric_limits<double>::infinity();
  unsigned count_ = 0;
  /// The state of an epoch's end is `candidate_` until the next epoch has found it sound: an epoch's error is
  /// measured along the way and says nothing of its last update.
  std::optional<Checkpoint> good_, candidate_;
};

}  // namespace ptero::ptycho
