#include <gtest/gtest.h>

#include <cmath>

#include <ptero/positions/text_table.hpp>

namespace ptero::positions {
namespace {

std::vector<Sample> samples_of(const std::string& text, const Channels& channels = {}) {
  auto table = parse_text_table(text, channels);
  EXPECT_TRUE(table) << text << table.reason();
  return table ? table->samples : std::vector<Sample>{};
}

std::string refusal(const std::string& text, const Channels& channels = {}) {
  const auto table = parse_text_table(text, channels);
  EXPECT_FALSE(table) << text;
  return table ? "" : table.reason();
}

TEST(TextTable, ManyRowsATriggerInTheColumnsOfTheVelociprobe) {
  // x, y interferometers, two more, y encoder, one more, trigger; nanometres.
  const std::string text =
      "# x, y, a, b, yenc, c, trigger\n"
      "10,20,0,0,-21,0,1\n"
      "12,20,0,0,-22,0,1\n"
      "30,20,0,0,-23,0,2\n";
  const auto table = samples_of(text, {.x = "1", .y = "5", .index = "7"});
  ASSERT_EQ(table.size(), 3u);
  EXPECT_EQ(table[1].index, 1u);
  EXPECT_EQ(table[1].y, -22);
  EXPECT_EQ(table[2].index, 2u);
}

TEST(TextTable, ColumnsByNameWithAnySeparator) {
  for (const std::string text :
       {"frame,x_m,y_m,mon\n0,1,2,9\n1,3,4,8\n", "frame;x_m;y_m;mon\r\n0;1;2;9\r\n1;3;4;8\r\n",
        "LINE_NUMBER 5, SCAN 7\nframe x_m y_m mon\n 0 1 2 9\n 1\t3  4 8", "frame|x|y|mon\n0|1|2|9\n1|3|4|8",
        "frame\tX\tY\tmon\r0\t1\t2\t9\r1\t3\t4\t8\r", "% frame x y mon\n0 1 2 9\n1 3 4 8\n"}) {
    const auto table = samples_of(text, {.monitor = "mon", .index = "frame"});
    ASSERT_EQ(table.size(), 2u) << text;
    EXPECT_EQ(table[1], (Sample{1, 3, 4, 8})) << text;
  }
}

TEST(TextTable, NamesDecideWhateverTheirOrderCaseAndUnit) {
  struct Case {
    std::string text;
    std::array<std::string, 2> units;
  };
  for (const auto& [text, units] :
       {Case{"y,x\n2,1\n4,3\n", {"", ""}}, Case{"\xEF\xBB\xBFY;X\r\n2;1\r\n4;3\r\n", {"", ""}},
        Case{"y [um],x [um]\n2,1\n4,3\n", {"um", "um"}}, Case{"y_nm x_um\n2 1\n4 3\n", {"um", "nm"}},
        Case{"posy/mm\tposx/mm\n2\t1\n4\t3\n", {"mm", "mm"}},
        Case{"y x\n[um] [um]\n2 1\n4 3\n", {"[um]", "[um]"}},
        Case{"# y [\xC2\xB5m]   x [\xC2\xB5m]\n2 1\n4 3\n", {"\xC2\xB5m", "\xC2\xB5m"}}}) {
    const auto table = parse_text_table(text, {});
    ASSERT_TRUE(table) << text << table.reason();
    ASSERT_EQ(table->samples.size(), 2u) << text;
    EXPECT_EQ(table->samples[0].x, 1) << text;
    EXPECT_EQ(table->samples[1].y, 4) << text;
    EXPECT_EQ(table->units, units) << text;
  }
}

TEST(TextTable, Utf16WithAndWithoutItsMark) {
  const std::string plain = "y,x\r\n2,1\r\n4,3\r\n";
  for (const bool big : {false, true})
    for (const bool mark : {false, true}) {
      std::string text = !mark ? "" : big ? "\xFE\xFF" : "\xFF\xFE";
      for (const char c : plain) text += big ? std::string{'\0', c} : std::string{c, '\0'};
      const auto table = samples_of(text);
      ASSERT_EQ(table.size(), 2u);
      EXPECT_EQ(table[1], (Sample{1, 3, 4, {}}));
    }
}

TEST(TextTable, NumbersAsPeopleAndProgramsWriteThem) {
  for (const std::string text : {"x;y\n1,5;-2,5\n", "1,5 -2,5\n", "1,5\t-2,5\n", "1,5, -2,5\n",
                                 "\"1,5\",\"-2,5\"\n", "1.5D0 -2.5d+00\n", "+1.5e0, -2.5E0,\n",
                                 "0.15Q1 \xE2\x88\x92"
                                 "2.5\n"}) {
    const auto table = samples_of(text);
    ASSERT_EQ(table.size(), 1u) << text;
    EXPECT_EQ(table[0].x, 1.5) << text;
    EXPECT_EQ(table[0].y, -2.5) << text;
  }
}

TEST(TextTable, AMissingValueKeepsItsRow) {
  for (const std::string text :
       {"N/A,N/A\n3,4\n", "nan 3\n1 2\n", "x,y\n,\n3,4\n", "#N/A;#N/A\n3;4\n", "****** ******\n3 4\n"}) {
    const auto table = samples_of(text);
    ASSERT_EQ(table.size(), 2u) << text;
    EXPECT_TRUE(std::isnan(table[0].x)) << text;
    EXPECT_EQ(table[1].index, 1u) << text;
  }
}

TEST(TextTable, AnIndexColumnIsFoundByName) {
  for (const std::string text :
       {"trigger,x,y\n7,1,2\n3,3,4\n", "X,Y,Index\n1,2,7\n3,4,3\n", "x y frame_number\n1 2 7\n3 4 3\n"}) {
    const auto table = parse_text_table(text, {});
    ASSERT_TRUE(table) << table.reason();
    EXPECT_TRUE(table->indexed) << text;
    EXPECT_EQ(table->samples[0], (Sample{7, 1, 2, {}})) << text;
    EXPECT_EQ(table->samples[1].index, 3u) << text;
  }
}

TEST(TextTable, OrchestraTablesGiveTheAveragesInMicrometres) {
  const auto table = parse_text_table(
      "Scan 7, Samroy 0.5\n"
      "DataPoint Target_x Average_x_st_fzp Stdev_x_st_fzp Target_y Average_y_st_fzp Stdev_y_st_fzp\n"
      "0 1.0 1.5 0.1 2.0 2.5 0.1\n",
      {});
  ASSERT_TRUE(table) << table.reason();
  EXPECT_EQ(table->samples[0], (Sample{0, 1.5, 2.5, {}}));
  EXPECT_EQ(table->units, (std::array<std::string, 2>{"um", "um"}));
  ASSERT_EQ(table->warnings.size(), 1u);
  EXPECT_EQ(table->warnings[0].code, "stage_axes");
}

TEST(TextTable, MistakesNameTheLine) {
  EXPECT_EQ(refusal("1 2\n3\n"), "line 2 has 1 columns, not 2");
  EXPECT_EQ(refusal("1 2\n# a remark\n\n3 x\n"), "line 4 holds something that is no number: x");
  EXPECT_NE(refusal("1 2\n", {.x = "9"}).find("no column 9"), std::string::npos);
  EXPECT_NE(refusal("a b\n1 2\n", {.x = "c"}).find("a, b"), std::string::npos);
  EXPECT_EQ(refusal("1 2 -1\n", {.x = "1", .y = "2", .index = "3"}), "line 1 has no trigger number");
  EXPECT_NE(refusal("").find("no positions"), std::string::npos);
  EXPECT_NE(refusal("only words\nhere\n").find("line 1 is: only words"), std::string::npos);
}

TEST(TextTable, WhichColumnsAreMeantIsAskedInsteadOfGuessed) {
  EXPECT_NE(refusal("a,b\n1,2\n").find("which of its columns is x cannot be told (they are called a, b)"),
            std::string::npos);
  EXPECT_NE(refusal("x1,x2,y\n1,2,3\n").find("which of its columns is x"), std::string::npos);
  EXPECT_NE(refusal("x,height\n1,2\n").find("which of its columns is y"), std::string::npos);
  EXPECT_NE(refusal("1 2 3\n").find("which of its 3 columns"), std::string::npos);
  EXPECT_EQ(samples_of("1 2 3\n", {.x = "2", .y = "3"})[0], (Sample{0, 2, 3, {}}));
}

}  // namespace
}  // namespace ptero::positions
