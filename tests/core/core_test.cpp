#include <gtest/gtest.h>

#include <ptero/core/contract.hpp>
#include <ptero/core/error.hpp>
#include <ptero/core/frame.hpp>
#include <ptero/core/frame_state.hpp>
#include <ptero/core/series.hpp>
#include <set>

namespace ptero {
namespace {

TEST(Dtype, NumpyNamesRoundTrip) {
  for (Dtype dtype : {Dtype::u8, Dtype::u16, Dtype::u32, Dtype::f32})
    EXPECT_EQ(dtype_from_numpy(numpy_name(dtype)), dtype);
}

TEST(Dtype, RefusesWhatNoPixelIs) {
  EXPECT_FALSE(dtype_from_numpy("<f2"));
  EXPECT_FALSE(dtype_from_numpy("<c8"));
  EXPECT_FALSE(dtype_from_numpy("|S4"));
  EXPECT_FALSE(dtype_from_numpy(""));
}

TEST(Dtype, FlagValuesAreTheTwoTopmostIntegers) {
  EXPECT_EQ(flag_value(Dtype::u8), 254);
  EXPECT_EQ(flag_value(Dtype::u16), 65534);
  EXPECT_EQ(flag_value(Dtype::u32), 4294967294.0);
  EXPECT_EQ(flag_value(Dtype::f32), 4294967295.0);
}

TEST(Error, TextIsProblemWhyHint) {
  EXPECT_STREQ(Error("cannot open a.h5", "no such file", "check --data").what(),
               "cannot open a.h5 (no such file); check --data");
  EXPECT_STREQ(Error("cannot open a.h5").what(), "cannot open a.h5");
}

TEST(Contract, ThrowsWithTheCondition) {
  EXPECT_THROW(PTERO_EXPECT(1 + 1 == 3), ContractViolation);
  EXPECT_NO_THROW(PTERO_EXPECT(1 + 1 == 2));
}

TEST(RasterPlan, SnakeRunsEveryOtherRowBackwards) {
  RasterPlan plan{.rows = 2, .cols = 3, .order = ScanOrder::snake};
  EXPECT_EQ(plan.col_of(2), 2u);
  EXPECT_EQ(plan.col_of(3), 2u);
  EXPECT_EQ(plan.col_of(5), 0u);
  EXPECT_EQ(plan.row_of(3), 1u);
}

TEST(SeriesInfo, ObjectPixelIsFraunhoferUnlessGiven) {
  SeriesInfo info{.wavelength_m = 1e-10, .distance_m = 2, .detector_pixel_m = 1e-4};
  EXPECT_DOUBLE_EQ(info.object_pixel_for(100), 2e-8);
  info.object_pixel_m = 1e-9;
  EXPECT_DOUBLE_EQ(info.object_pixel_for(100), 1e-9);
  EXPECT_EQ(SeriesInfo{}.object_pixel_for(100), 0);
}

TEST(SeriesInfo, PlannedPositionsAreCentredAndAFramesOwnWins) {
  SeriesInfo info;
  info.raster = RasterPlan{.rows = 3, .cols = 2, .step_x_m = 2, .step_y_m = 5};
  Frame frame{.id = 5};
  EXPECT_EQ(position_of(info, frame), (Position{1, 5}));
  frame.position = Position{7, 8};
  EXPECT_EQ(position_of(info, frame), (Position{7, 8}));
  EXPECT_FALSE(position_of(info, Frame{.id = 6}));
  info.raster->step_x_m = 0;
  EXPECT_FALSE(position_of(info, Frame{.id = 5}));
}

TEST(FrameState, EveryStateHasItsOwnName) {
  std::set<std::string_view> names;
  for (FrameState state : all_frame_states) names.insert(name_of(state));
  EXPECT_EQ(names.size(), all_frame_states.size());
}

TEST(Bytes, SharesWhatItTook) {
  Bytes a = Bytes::take(std::string("abc"));
  Bytes b = a;
  EXPECT_EQ(a.data(), b.data());
  EXPECT_EQ(b.text(), "abc");
}

}  // namespace
}  // namespace ptero
