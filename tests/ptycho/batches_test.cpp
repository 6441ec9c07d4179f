#include "batches.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

namespace ptero::ptycho {
namespace {

std::map<Slot, int> run_epoch(Batches& batches) {
  std::map<Slot, int> seen;
  do {
    const auto batch = batches.next();
    EXPECT_EQ(std::set<Slot>(batch.begin(), batch.end()).size(), batch.size());
    for (const Slot slot : batch) ++seen[slot];
  } while (!batches.epoch_finished());
  return seen;
}

TEST(Batches, AnEpochOfOldFramesSeesEachOnce) {
  Batches batches({.fraction = 0.1, .min_size = 4});
  for (Slot s = 0; s < 103; ++s) batches.add(s);
  for (int epoch = 0; epoch < 5; ++epoch) {
    const auto seen = run_epoch(batches);
    EXPECT_EQ(seen.size(), 103u);
    for (const auto& [slot, times] : seen) EXPECT_EQ(times, 1) << slot;
  }
}

TEST(Batches, LateFramesCatchUpAndThenAreOrdinary) {
  Batches batches({.fraction = 0.1, .min_size = 4, .catch_up_visits = 10, .catch_up_factor = 3});
  for (Slot s = 0; s < 100; ++s) batches.add(s);
  for (int epoch = 0; epoch < 20; ++epoch) run_epoch(batches);
  for (Slot s = 100; s < 110; ++s) batches.add(s);
  const auto seen = run_epoch(batches);
  double late = 0, old = 0;
  for (const auto& [slot, times] : seen) (slot >= 100 ? late : old) += times;
  EXPECT_GT(late / 10, 2 * old / 100);
  for (int epoch = 0; epoch < 10; ++epoch) run_epoch(batches);
  for (const auto& [slot, times] : run_epoch(batches)) EXPECT_EQ(times, 1) << slot;
}

TEST(Batches, RemovedFramesAreGoneAtOnce) {
  Batches batches({.fraction = 0.25, .min_size = 2});
  EXPECT_TRUE(batches.next().empty());
  for (Slot s = 0; s < 12; ++s) batches.add(s);
  batches.next();
  for (Slot s = 0; s < 11; ++s) batches.remove(s);
  run_epoch(batches);
  const auto seen = run_epoch(batches);
  EXPECT_EQ(seen, (std::map<Slot, int>{{11, 1}}));
  batches.remove(11);
  EXPECT_TRUE(batches.next().empty());
}

TEST(Batches, CompactOnesAreNeighboursAndEpochsStillSeeEachOnce) {
  const auto spread = [](BatchShape shape) {
    Batches batches({.shape = shape, .fraction = 0.1, .min_size = 10});
    for (Slot s = 0; s < 400; ++s) batches.add(s, double(s / 20), double(s % 20));
    std::map<Slot, int> seen;
    double widest = 0;
    do {
      const auto batch = batches.next();
      double row = 0, col = 0, sum = 0;
      for (const Slot s : batch) {
        ++seen[s];
        row += double(s / 20) / double(batch.size());
        col += double(s % 20) / double(batch.size());
      }
      for (const Slot s : batch)
        sum += std::hypot(double(s / 20) - row, double(s % 20) - col) / double(batch.size());
      widest += sum / 10;
    } while (!batches.epoch_finished());
    EXPECT_EQ(seen.size(), 400u);
    for (const auto& [slot, times] : seen) EXPECT_EQ(times, 1);
    return widest;
  };
  EXPECT_LT(spread(BatchShape::compact), 0.6 * spread(BatchShape::sparse));
}

}  // namespace
}  // namespace ptero::ptycho
