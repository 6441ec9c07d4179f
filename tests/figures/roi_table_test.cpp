#include "studies/roi_table/roi_table.hpp"

#include <gtest/gtest.h>

namespace ptero::tools {
namespace {

roi::Classification answer(std::vector<roi::Label> labels, bool no_contrast = false) {
  roi::Classification result;
  for (std::size_t i = 0; i < labels.size(); ++i) result.ids.push_back(i);
  result.labels = std::move(labels);
  result.no_contrast = no_contrast;
  return result;
}

constexpr auto selected = roi::Label::selected, background = roi::Label::background;

TEST(RoiScore, CountsRegionAndBackgroundApartAndTheRimNowhere) {
  RoiCase roi_case;
  roi_case.truth = {FrameTruth::region,     FrameTruth::region,     FrameTruth::neither,
                    FrameTruth::background, FrameTruth::background, FrameTruth::background,
                    FrameTruth::background};
  roi_case.particles = {{0, 1}, {}};
  const auto s = score(
      roi_case, answer({selected, background, selected, selected, background, roi::Label::dark, background}));
  EXPECT_EQ(s.recall, 0.5);
  EXPECT_EQ(s.false_positives, 0.25);
  EXPECT_EQ(s.particles_found, 1);
}

TEST(RoiScore, NothingToFindIsRightOnlyWhenItIsSaid) {
  RoiCase roi_case;
  roi_case.truth = {FrameTruth::background, FrameTruth::background};
  EXPECT_EQ(score(roi_case, answer({selected, selected}, true)).false_positives, 0);
  EXPECT_EQ(score(roi_case, answer({selected, selected})).false_positives, 1);
  EXPECT_FALSE(score(roi_case, answer({selected, background})).recall);
}

TEST(RoiScore, GivingUpOnARegionSelectsTheBackgroundToo) {
  RoiCase roi_case;
  roi_case.truth = {FrameTruth::region, FrameTruth::background};
  EXPECT_EQ(score(roi_case, answer({selected, selected}, true)).false_positives, 1);
}

TEST(RoiTable, QuickFormRunsAndRobustIsNowhereBehind) {
  const RoiTable table = make_roi_table({.segments = {1, 8}, .quick = true});
  EXPECT_GE(table.rows.size(), 14u);
  for (const auto& row : table.rows) {
    EXPECT_GE(row.lead(), 0) << row.scan << " at " << row.segments
                             << " segments: " << RoiTableRow::points(row.robust) << " against "
                             << RoiTableRow::points(row.paper);
    EXPECT_NE(table.markdown().find("| " + row.scan + " | "), std::string::npos);
  }
  EXPECT_EQ(table.rivals.size() % roi::rivals.size(), 0u);
  EXPECT_FALSE(table.rivals.empty());
}

}  // namespace
}  // namespace ptero::tools
