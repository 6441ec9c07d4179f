#include <gtest/gtest.h>

#include <cmath>
#include <ptero/scan/position_bulk.hpp>
#include <random>

namespace ptero::scan {
namespace {

constexpr double patch_m = 2e-6;

/// A raster of n x n with a step of 0.2 um.
std::vector<Position> raster(std::size_t n) {
  std::vector<Position> places;
  for (std::size_t r = 0; r < n; ++r)
    for (std::size_t c = 0; c < n; ++c)
      places.push_back({static_cast<double>(c) * 0.2e-6, static_cast<double>(r) * 0.2e-6});
  return places;
}

std::set<FrameId> outlying_of(const std::vector<Position>& places) {
  PositionBulk bulk(patch_m);
  for (FrameId id = 0; id < places.size(); ++id) bulk.add(id, places[id]);
  bulk.judge();
  return bulk.outlying();
}

TEST(PositionBulk, OneFarPositionIsSetApartWhereverItStands) {
  for (const std::size_t where : {0, 1, 70, 143})
    for (const double far : {50e-6, 1e-3, 1e-2, 3.8, -3.8}) {
      auto places = raster(12);
      places[where] = {far, -far};
      EXPECT_EQ(outlying_of(places), (std::set<FrameId>{where})) << far;
      places[where] = {places[1].x_m, far};
      EXPECT_EQ(outlying_of(places), (std::set<FrameId>{where})) << far << ", along one axis";
    }
}

TEST(PositionBulk, AStuckEncoderIsOnePlaceHoweverOftenItIsRead) {
  auto places = raster(12);
  for (std::size_t i = 40; i < 60; ++i) places[i] = {5e-3, 5e-3};
  const auto outlying = outlying_of(places);
  EXPECT_EQ(outlying.size(), 20u);
  EXPECT_TRUE(outlying.contains(40));
}

TEST(PositionBulk, SeveralOutliersAtDifferentPlaces) {
  auto places = raster(12);
  places[3] = {3.8, 0};
  places[50] = {-0.02, 1e-3};
  places[51] = {1e-3, 1e-3};
  EXPECT_EQ(outlying_of(places), (std::set<FrameId>{3, 50, 51}));
}

TEST(PositionBulk, WhatSomebodyScansOnPurposeStays) {
  EXPECT_TRUE(outlying_of(raster(12)).empty());
  // Two regions.
  auto two = raster(10);
  for (const auto& place : raster(5)) two.push_back({place.x_m + 1e-3, place.y_m});
  EXPECT_TRUE(outlying_of(two).empty());
  // A line, and one that is hardly sampled.
  std::vector<Position> line;
  for (int i = 0; i < 30; ++i) line.push_back({0, i * 20e-6});
  EXPECT_TRUE(outlying_of(line).empty());
  // A coarse pass over much, then many fine frames of a little.
  std::vector<Position> passes;
  for (int r = -10; r <= 10; ++r)
    for (int c = -10; c <= 10; ++c) passes.push_back({c * 5e-6, r * 5e-6});
  for (int i = 0; i < 40; ++i)
    for (const auto& place : raster(12)) passes.push_back(place);
  EXPECT_TRUE(outlying_of(passes).empty());
}

TEST(PositionBulk, FewPositionsHaveNoBulk) {
  EXPECT_TRUE(outlying_of({{0, 0}, {1e-6, 0}, {1, 1}}).empty());
  EXPECT_TRUE(outlying_of({}).empty());
}

TEST(PositionBulk, NoBulkWhereAThirdIsScattered) {
  auto places = raster(12);
  std::mt19937 random(1);
  std::uniform_real_distribution<double> anywhere(-1, 1);
  for (std::size_t i = 0; i < places.size(); i += 3) places[i] = {anywhere(random), anywhere(random)};
  EXPECT_TRUE(outlying_of(places).empty());
}

TEST(PositionBulk, ARegionThatBeginsIsSetApartUntilThereIsEnoughOfIt) {
  PositionBulk bulk(patch_m);
  FrameId id = 0;
  for (const auto& place : raster(12)) bulk.add(id++, place);
  bulk.add(id, {1e-3, 0});
  EXPECT_TRUE(bulk.is_outlying(id));
  const FrameId first = id++;
  for (const auto& place : raster(4)) bulk.add(id++, {place.x_m + 1e-3, place.y_m + 0.5e-6});
  EXPECT_FALSE(bulk.is_outlying(first));
  EXPECT_TRUE(bulk.outlying().empty());
  EXPECT_GT(bulk.box().width_m(), 0.9e-3);
}

TEST(PositionBulk, AsTheyComeTheAnswerIsTheOneOfAllTogether) {
  for (unsigned seed = 0; seed < 20; ++seed) {
    std::mt19937 random(seed);
    auto places = raster(14);
    std::shuffle(places.begin(), places.end(), random);
    for (int i = 0; i < 5; ++i) places[random() % places.size()] = {1e-3 * (1 + i), -2e-3 * i};
    PositionBulk bulk(patch_m);
    for (FrameId id = 0; id < places.size(); ++id) bulk.add(id, places[id]);
    const auto as_they_came = bulk.outlying();
    bulk.judge();
    EXPECT_EQ(as_they_came, bulk.outlying()) << seed;
  }
}

TEST(PositionBulk, ManyOutliersDoNotMakeItSlow) {
  PositionBulk bulk(patch_m);
  std::mt19937 random(7);
  std::uniform_real_distribution<double> inside(0, 1e-4), outside(1, 2);
  for (FrameId id = 0; id < 20000; ++id)
    bulk.add(id, id % 20 == 7 ? Position{outside(random), 0} : Position{inside(random), inside(random)});
  // What is judged singly is bounded: by comparison of each with all this would not end.
  EXPECT_LE(bulk.outlying().size(), 1000u);
  EXPECT_LT(bulk.box().width_m(), 1e-3);
}

}  // namespace
}  // namespace ptero::scan
