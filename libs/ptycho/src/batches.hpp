#pragma once

#include <cstdint>
#include <ptero/ptycho/workspace.hpp>
#include <random>
#include <utility>
#include <vector>

namespace ptero::ptycho {

/// Sparse: a batch is spread over the scan. Compact: it is a piece of it.
enum class BatchShape : std::uint8_t { sparse, compact };

struct BatchOptions {
  BatchShape shape = BatchShape::sparse;
  double fraction = 0.1;
  std::size_t min_size = 10;
  std::size_t max_size = 512;
  unsigned catch_up_visits = 10;
  double catch_up_factor = 3;
  std::uint64_t seed = 1;
};

/// Draws batches from frames that come and go. An epoch is a random permutation of the frames present at its
/// start, cut into batches of nearly equal size: frames that come meanwhile do not prolong it, or it would
/// never end while a scan runs. A frame lags while it has at least two visits fewer than the most visited one
/// and than catch_up_visits; lagging frames are drawn catch_up_factor times as often as others, over and
/// above their place in the permutation, and a batch at most doubles by that.
/// Compact batches follow each other along a Hilbert curve through the places, from a random start; late
/// frames have no precedence there.
class Batches {
 public:
  explicit Batches(const BatchOptions& options) : options_(options), random_(options.seed) {}

  void add(Slot slot, double row = 0, double col = 0, unsigned visits = 0);
  void remove(Slot slot);

  /// Of the epochs that are to start.
  void set_shape(BatchShape shape) { options_.shape = shape; }

  /// How often the frame was drawn.
  unsigned visits(Slot slot) const { return visits_[slot]; }

  /// Each slot at most once; empty only where there are no frames.
  std::vector<Slot> next();
  /// The last batch drawn ended an epoch.
  bool epoch_finished() const { return epoch_.empty(); }

 private:
  void start_epoch();
  std::vector<Slot> draw_lagging(std::size_t batch_size);

  BatchOptions options_;
  std::mt19937_64 random_;
  std::vector<Slot> frames_;
  std::vector<Slot> epoch_;                        ///< still to come; drawn from the back
  std::vector<unsigned> visits_;                   ///< by slot
  std::vector<std::pair<double, double>> places_;  ///< by slot: row, column
};

}  // namespace ptero::ptycho
