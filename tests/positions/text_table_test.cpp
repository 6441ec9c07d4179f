#include <gtest/gtest.h>

#include <cmath>

#include <ptero/positions/text_table.hpp>

namespace ptero::positions {
namespace {

TEST(TextTable, ManyRowsATriggerInTheColumnsOfTheVelociprobe) {
  // x, y interferometers, two more, y encoder, one more, trigger; nanometres.
  const std::string text =
      "# x, y, a, b, yenc, c, trigger\n"
      "10,20,0,0,-21,0,1\n"
      "12,20,0,0,-22,0,1\n"
      "30,20,0,0,-23,0,2\n";
  const auto table = parse_text_table(text, {.x = "1", .y = "5", .index = "7"});
  EXPECT_EQ(table.value().size(), 3u);
  EXPECT_EQ(table.value()[1].index, 1u);
  EXPECT_EQ(table.value()[1].y, -22);
  EXPECT_EQ(table.value()[2].index, 2u);
}

TEST(TextTable, ColumnsByNameWithAnySeparator) {
  for (const std::string text :
       {"frame,x_m,y_m,mon\n0,1,2,9\n1,3,4,8\n", "frame;x_m;y_m;mon\r\n0;1;2;9\r\n1;3;4;8\r\n",
        "LINE_NUMBER 5, SCAN 7\nframe x_m y_m mon\n 0 1 2 9\n 1\t3  4 8"}) {
    const auto table = parse_text_table(text, {.monitor = "mon", .index = "frame"});
    ASSERT_TRUE(table) << table.reason();
    ASSERT_EQ(table->size(), 2u) << text;
    EXPECT_EQ((*table)[1], (Sample{1, 3, 4, 8})) << text;
  }
}

TEST(TextTable, RowsAreCountedWithoutAnIndexAndNaNPasses) {
  const auto table = parse_text_table("1 2\nnan 3\n", {});
  ASSERT_TRUE(table);
  EXPECT_EQ(table->at(1).index, 1u);
  EXPECT_TRUE(std::isnan(table->at(1).x));
}

TEST(TextTable, MistakesNameTheLine) {
  const auto why = [](const std::string& text, const Channels& channels) {
    return parse_text_table(text, channels).reason();
  };
  EXPECT_NE(why("1 2\n3\n", {}).find("line 2"), std::string::npos);
  EXPECT_NE(why("1 2\n3 x\n", {}).find("line 2"), std::string::npos);
  EXPECT_NE(why("1 2\n", {.x = "9"}).find("no column 9"), std::string::npos);
  EXPECT_NE(why("a b\n1 2\n", {.x = "c"}).find("a, b"), std::string::npos);
  EXPECT_NE(why("1 2 -1\n", {.index = "3"}).find("line 1"), std::string::npos);
  EXPECT_NE(why("", {}).find("no positions"), std::string::npos);
}

}  // namespace
}  // namespace ptero::positions
