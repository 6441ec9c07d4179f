#pragma once

#include <cstddef>
#include <deque>
#include <limits>
#include <span>
#include <vector>

namespace ptero::ddip {

/// When to stop a fit that has no truth to compare with: networks first make what is natural and later the
/// rest, cross-talk included. The variance of the last outputs falls until the image is there and rises once
/// the rest is learned [Wang21]; so the image at its smallest is kept.
struct EarlyStopOptions {
  std::size_t every = 10;      ///< epochs between the outputs looked at
  std::size_t window = 20;     ///< outputs the variance is taken of
  std::size_t patience = 300;  ///< epochs without a smaller variance before stopping; 0: never stop
  std::size_t first = 150;     ///< epochs before anything counts: the balance term holds the beginning still
  /// Stop when the correlation of the slices' gradients has risen by so much above its smallest: what was
  /// apart comes together again because the cross-talk is being learned. 0: not looked at.
  double rise = 0.05;
};

class MovingVariance {
 public:
  explicit MovingVariance(const EarlyStopOptions& options) : options_(options) {}

  /// Takes the outputs of an epoch (all slices one behind the other, always as many). True when the variance
  /// is the smallest so far: keep this image.
  bool add(std::size_t epoch, std::vector<float> outputs);
  bool should_stop(std::size_t epoch) const;

  double variance() const { return variance_; }  ///< mean over pixels of the window's; NaN before it is full
  std::size_t best_epoch() const { return best_epoch_; }  ///< 0: none yet

 private:
  EarlyStopOptions options_;
  std::deque<std::vector<float>> window_;
  std::vector<double> sum_, squares_;
  double variance_ = std::numeric_limits<double>::quiet_NaN();
  double best_ = std::numeric_limits<double>::infinity();
  std::size_t best_epoch_ = 0;
};

/// Watches for that rise.
class GradientWatch {
 public:
  explicit GradientWatch(const EarlyStopOptions& options) : options_(options) {}
  /// Takes the correlation of the gradients (mean over pairs of slices). True: it has risen.
  bool add(std::size_t epoch, double correlation);

 private:
  EarlyStopOptions options_;
  double smallest_ = std::numeric_limits<double>::infinity();
};

}  // namespace ptero::ddip
