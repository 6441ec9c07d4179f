#include <gtest/gtest.h>

#include <map>
#include <ptero/settings/table.hpp>

namespace ptero::settings {
namespace {

enum class Colour { red, blue };

struct Inner {
  double length_m = 0.5;
  std::size_t count = 3;
};

struct Outer {
  bool on = true;
  Colour colour = Colour::blue;
  std::string name = "a";
  Inner inner;
  std::map<int, double> data;
  std::optional<double> limit;
};

Table<Inner> inner_table() {
  return Table<Inner>()
      .option("length_m", &Inner::length_m, {.help = "of it", .unit = "m", .low = 0, .high = 1})
      .option("count", &Inner::count, {.help = "how many", .touches = Touches::nothing})
      .complete();
}

Table<Outer> outer_table() {
  return Table<Outer>()
      .option("on", &Outer::on, {.help = "at all", .flag = "--on", .flag_off = "--off"})
      .choice("colour", &Outer::colour, {{"red", Colour::red}, {"blue", Colour::blue}}, {.help = "of it"})
      .option("name", &Outer::name, {.help = "of it", .formerly = {"title"}, .touches = Touches::product})
      .nested(&Outer::inner, inner_table())
      .given(&Outer::data, "measured")
      .given(&Outer::limit, "measured")
      .complete();
}

TEST(MemberCount, IsThatOfTheStruct) {
  EXPECT_EQ(member_count<Inner>(), 2U);
  EXPECT_EQ(member_count<Outer>(), 6U);
}

TEST(Table, FindsAMemberThatNobodyDeclared) {
  EXPECT_THROW(Table<Inner>().option("length_m", &Inner::length_m, {.help = "of it"}).complete(),
               ContractViolation);
}

TEST(Table, RefusesAKeyTwice) {
  EXPECT_THROW(Table<Inner>()
                   .option("count", &Inner::length_m, {.help = "of it"})
                   .option("count", &Inner::count, {.help = "of it"})
                   .complete(),
               ContractViolation);
}

TEST(Table, DefaultsAreTheMembersInitialisers) {
  const auto values = outer_table().values({});
  ASSERT_EQ(values.size(), 5U);
  EXPECT_EQ(values[0], (std::pair<std::string, Value>("on", true)));
  EXPECT_EQ(values[1], (std::pair<std::string, Value>("colour", std::string("blue"))));
  EXPECT_EQ(values[3], (std::pair<std::string, Value>("length_m", 0.5)));
  EXPECT_EQ(values[4], (std::pair<std::string, Value>("count", std::int64_t{3})));
}

TEST(Table, SetsMembersOfNestedStructs) {
  Outer o;
  const auto table = outer_table();
  table.set(o, "length_m", 0.25);
  table.set(o, "count", std::int64_t{7});
  table.set(o, "colour", std::string("red"));
  table.set(o, "on", false);
  EXPECT_EQ(o.inner.length_m, 0.25);
  EXPECT_EQ(o.inner.count, 7U);
  EXPECT_EQ(o.colour, Colour::red);
  EXPECT_FALSE(o.on);
}

TEST(Table, RefusesWhatCannotBeAndSaysWhatCan) {
  Outer o;
  const auto said = [&](const std::string& key, const Value& value) -> std::string {
    try {
      outer_table().set(o, key, value);
    } catch (const InputError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_NE(said("length_m", 2.0).find("0 to 1"), std::string::npos);
  EXPECT_NE(said("count", std::int64_t{-1}).find("at least 0"), std::string::npos);
  EXPECT_NE(said("colour", std::string("green")).find("red or blue"), std::string::npos);
  EXPECT_NE(said("on", 1.0).find("default is true"), std::string::npos);
  EXPECT_NE(said("colr", true).find("no option colr"), std::string::npos);
  EXPECT_EQ(said("length_m", std::int64_t{1}), "");
}

TEST(Table, ValuesAreThoseThatTouchThatMuch) {
  Outer a, b;
  b.inner.count = 9;
  b.name = "b";
  const auto table = outer_table();
  EXPECT_EQ(table.values(a, Touches::state), table.values(b, Touches::state));
  EXPECT_NE(table.values(a, Touches::product), table.values(b, Touches::product));
  EXPECT_EQ(table.values(a, Touches::product).size() + 1, table.values(a).size());
}

TEST(Markdown, HasARowAnOption) {
  const auto page = markdown({{"outer", "What it is.", outer_table().described()}});
  EXPECT_NE(page.find("## [outer]"), std::string::npos);
  EXPECT_NE(page.find("| `on` | `--off` |  | `true` | true or false | at all |"), std::string::npos) << page;
  EXPECT_NE(page.find("| `length_m` |  | m | `0.5` | 0 to 1 | of it |"), std::string::npos) << page;
  EXPECT_NE(page.find("older files: `title`"), std::string::npos) << page;
}

TEST(Text, NumbersAreShortAndReadBackTheSame) {
  EXPECT_EQ(text_of(0.1), "0.1");
  EXPECT_EQ(toml_of(1.0), "1.0");
  EXPECT_EQ(toml_of(1e-6), "1e-06");
  EXPECT_EQ(toml_of(std::vector<std::string>{"a", "b"}), R"(["a", "b"])");
}

}  // namespace
}  // namespace ptero::settings
