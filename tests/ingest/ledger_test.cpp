#include <gtest/gtest.h>

#include <random>

#include <ptero/scanfile/frame_state.hpp>
#include <ptero/services/ingest/ledger.hpp>

#include "labels_into_ledger.hpp"

namespace ptero::ingest {
namespace {

std::uint64_t of(const Ledger& ledger, FrameState state) {
  return ledger.snapshot().counts[state];
}

TEST(Ledger, AnAbsentIdIsMissingOnlyAfterEnoughLaterOnes) {
  Ledger ledger(10, 3);
  ledger.arrived(0, true);
  for (FrameId id : {2, 3, 4}) ledger.arrived(id, true);
  EXPECT_EQ(of(ledger, FrameState::missing), 0u);
  ledger.arrived(5, true);
  EXPECT_EQ(of(ledger, FrameState::missing), 1u);
  EXPECT_EQ(of(ledger, FrameState::expected), 4u);
  EXPECT_TRUE(ledger.arrived(1, true)) << "late, but there";
  EXPECT_EQ(of(ledger, FrameState::missing), 0u);
}

TEST(Ledger, TheAnnouncedNumberIsAnUpperBound) {
  Ledger ledger(10, 3);
  for (FrameId id : {0, 1, 3}) ledger.arrived(id, true);
  ledger.end(5);
  EXPECT_EQ(of(ledger, FrameState::missing), 2u);  // 2 and 4
  EXPECT_EQ(of(ledger, FrameState::not_taken), 5u);
  EXPECT_EQ(of(ledger, FrameState::expected), 0u);
}

TEST(Ledger, DuplicatesAndLateCorruptionChangeNothing) {
  Ledger ledger(2, 3);
  EXPECT_TRUE(ledger.arrived(0, true));
  EXPECT_FALSE(ledger.arrived(0, true));
  ledger.corrupt(0, FrameFault::bad_payload);
  ledger.corrupt(1, FrameFault::size_mismatch);
  EXPECT_EQ(of(ledger, FrameState::pending), 1u);
  EXPECT_EQ(of(ledger, FrameState::corrupt), 1u);
}

TEST(Ledger, OnlyFramesThatCameTakeALabel) {
  Ledger ledger(4, 3);
  ledger.arrived(0, true);
  ledger.arrived(1, false);
  for (FrameId id : {0, 1, 2, 99}) ledger.label(id, FrameState::selected);
  EXPECT_EQ(of(ledger, FrameState::selected), 1u);
  EXPECT_EQ(of(ledger, FrameState::unpositioned), 1u);
  EXPECT_EQ(of(ledger, FrameState::expected), 2u);
}

// The mark and its reason are gone with the very message that says so, in the account that is stored too.
TEST(Ledger, AFrameWhoseMarkWasTakenBackIsPendingUntilItIsLabelledAgain) {
  Ledger ledger(4, 3);
  for (FrameId id : {0, 1, 2}) ledger.arrived(id, true);
  take_labels({.selected = {0}, .background = {1}, .marked = {2}}, ledger);
  EXPECT_EQ(of(ledger, FrameState::excluded), 1u);
  take_labels({.marked = {0}}, ledger);
  EXPECT_EQ(of(ledger, FrameState::excluded), 2u);
  EXPECT_EQ(ledger.account().reasons[0], scanfile::stored_reason(scanfile::ExclusionReason::marked));
  take_labels({.pending = {0, 2, 3}}, ledger);
  EXPECT_EQ(of(ledger, FrameState::excluded), 0u);
  EXPECT_EQ(of(ledger, FrameState::pending), 2u);
  EXPECT_EQ(of(ledger, FrameState::expected), 1u) << "3 has not come";
  EXPECT_EQ(ledger.account().reasons[0], 0);
  take_labels({.selected = {0, 2}}, ledger);
  EXPECT_EQ(of(ledger, FrameState::selected), 2u);
}

TEST(Ledger, ABrokenHeaderCannotEatTheMemory) {
  Ledger ledger(std::nullopt, 3);
  EXPECT_FALSE(ledger.arrived(~FrameId{0}, true));
  ledger.corrupt(max_frame_id, FrameFault::malformed);
  EXPECT_EQ(ledger.snapshot().total, 0u);
}

TEST(Ledger, CountsSumToTheNumberOfIdsAfterEveryStep) {
  std::mt19937 random(3);
  Ledger ledger(500, 16);
  for (int i = 0; i < 5000; ++i) {
    const FrameId id = random() % 600;
    switch (random() % 4) {
      case 0:
      case 1:
        ledger.arrived(id, random() % 10 != 0);
        break;
      case 2:
        ledger.corrupt(id, FrameFault::malformed);
        break;
      default:
        ledger.label(id, all_frame_states[5 + random() % 4]);
    }
    const auto snapshot = ledger.snapshot();
    ASSERT_EQ(snapshot.counts.total(), snapshot.total);
  }
  ledger.end(std::nullopt);
  EXPECT_EQ(of(ledger, FrameState::expected), 0u);
}

}  // namespace
}  // namespace ptero::ingest
