// What the online classifier is made of.

#include <gtest/gtest.h>

#include <ptero/core/error.hpp>
#include <ptero/roi/feature_table.hpp>
#include <ptero/roi/roi_set.hpp>

#include "revision_points.hpp"
#include "watermark.hpp"

namespace ptero::roi {
namespace {

TEST(RevisionPoints, LieAFractionApartAndCloserAfterAWish) {
  RevisionPoints points({.first = 10, .growth = 0.5, .least_growth = 2});
  points.hasten(5);  // in time all the same
  EXPECT_FALSE(points.reached(9));
  EXPECT_EQ(points.reached(10), 10u);
  EXPECT_FALSE(points.reached(14));
  EXPECT_EQ(points.reached(40), 35u);  // 15, 23, 35: the last of them counts
  points.hasten(40);
  EXPECT_FALSE(points.reached(40));
  EXPECT_EQ(points.reached(41), 41u);
  EXPECT_EQ(points.reached(43), 43u);
  EXPECT_FALSE(points.reached(44));
  EXPECT_THROW(check(RevisionOptions{.least_growth = 0}), InputError);
}

TEST(Watermark, PassesIdsThatCameAndGivesUpAfterLaterOnes) {
  Watermark mark(3);
  mark.arrived(0);
  EXPECT_EQ(mark.value(), 1u);
  mark.arrived(2);
  mark.arrived(3);
  EXPECT_EQ(mark.value(), 1u);
  mark.arrived(9);
  EXPECT_EQ(mark.value(), 4u);
  mark.arrived(1);
  mark.arrived(4);
  EXPECT_EQ(mark.value(), 5u);
}

TEST(RoiSet, HashDependsOnTheIdsAlone) {
  RoiSet a, b;
  for (FrameId id : {5, 70000, 3}) a.insert(id);
  for (FrameId id : {3, 8, 5, 70000}) b.insert(id);
  EXPECT_NE(a.hash(), b.hash());
  EXPECT_TRUE(b.erase(8));
  EXPECT_FALSE(b.erase(8));
  b.set_revision(9);
  EXPECT_EQ(a.hash(), b.hash());
  EXPECT_EQ(a.hash().size(), 16u);
  EXPECT_EQ(b.ids(), (std::vector<FrameId>{3, 5, 70000}));
}

TEST(FeatureTable, KeepsRowsInPlaceAndTheFirstOfTwo) {
  FeatureTable table;
  table.add({.id = 7, .monitor = 1});
  const FrameRecord* first = &table.row(0);
  for (FrameId id = 100; id < 6000; ++id) table.add({.id = id});
  EXPECT_EQ(first, &table.row(0));
  EXPECT_FALSE(table.add({.id = 7, .monitor = 2}));
  EXPECT_EQ(table.row(0).monitor, 1);
  EXPECT_EQ(table.row(*table.find(5999)).id, 5999u);
  EXPECT_FALSE(table.find(8));
}

}  // namespace
}  // namespace ptero::roi
