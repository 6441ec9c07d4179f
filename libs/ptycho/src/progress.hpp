#pragma once

#include <ptero/ptycho/forward_model.hpp>
#include <vector>

namespace ptero::ptycho {

/// The epochs so far and their errors.
class Progress {
 public:
  std::size_t epoch() const { return epoch_; }
  const std::vector<double>& errors() const { return errors_; }
  double r_factor() const { return r_factor_; }
  bool due(std::size_t every) const { return every > 0 && epoch_ % every == 0; }
  /// The error has not grown in three epochs.
  bool improving() const;
  /// It has not fallen by more than a hundredth of itself in ten epochs since it was last to be expected.
  bool settled() const;

  /// The error will be another one: frames came or left, or something begins to move.
  void begin_again() { changed_at_ = epoch_; }
  void add(const ErrorSums& batch) { sums_ += batch; }
  /// Nothing is known of an epoch that a recovery ended.
  bool has_sums() const { return sums_.frames > 0; }
  const ErrorSums& sums() const { return sums_; }
  void forget_sums() { sums_ = {}; }
  /// Ends an epoch with these sums; returns its error.
  double finish_epoch(const ErrorSums& sums);
  void resume(std::size_t epoch, std::vector<double> errors);

 private:
  std::size_t epoch_ = 0;
  std::size_t changed_at_ = 0;  ///< the epoch in which begin_again was last called
  ErrorSums sums_;              ///< of this epoch's batches
  std::vector<double> errors_;
  double r_factor_ = 0;
};

}  // namespace ptero::ptycho
