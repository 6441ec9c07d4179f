// The table finds members that nobody declared when it is made; this looks at what the declarations say.
#include <gtest/gtest.h>

#include <ptero/ptycho/declared_options.hpp>
#include <regex>

namespace ptero::ptycho {
namespace {

using settings::member_count;
using settings::Value;

TEST(DeclaredOptions, AreAllMembersButThoseThatTheSeriesOrAFileFills) {
  const auto& table = declared_options();
  const std::size_t nested = member_count<IntakeOptions>() + member_count<ModeOptions>() +
                             member_count<PositionOptions>() + member_count<VariationOptions>() +
                             member_count<SliceOptions>() + member_count<MomentumOptions>() +
                             member_count<PieOptions>() + member_count<LsqmlOptions>();
  constexpr std::size_t nested_structs = 8;
  constexpr std::size_t filled = 5 + 4 + 1 + 1 + 3;  // engine, intake, modes, positions, slices
  EXPECT_EQ(table.options().size(), member_count<ReconstructionOptions>() - nested_structs + nested - filled);
}

TEST(DeclaredOptions, SayWhatTheyAreAndHaveDefaultsInRange) {
  for (const auto& option : declared_options().options()) {
    EXPECT_TRUE(std::regex_match(option.key, std::regex("[a-z_]+"))) << option.key;
    EXPECT_FALSE(option.about.help.empty()) << option.key;
    double x = 0;
    if (const auto* integer = std::get_if<std::int64_t>(&option.standard))
      x = static_cast<double>(*integer);
    else if (const auto* real = std::get_if<double>(&option.standard))
      x = *real;
    else
      continue;
    ASSERT_TRUE(option.about.low && option.about.high) << option.key;
    if (x != 0) {  // 0 may stand for "not given" or "off"
      EXPECT_GE(x, *option.about.low) << option.key;
      EXPECT_LE(x, *option.about.high) << option.key;
    }
  }
}

TEST(DeclaredOptions, SwitchesAreCalledAsTheirKeys) {
  for (const auto& option : declared_options().options()) {
    if (option.about.flag.empty()) continue;
    const std::string name = std::regex_replace(option.about.flag.substr(2), std::regex("-"), "_");
    EXPECT_TRUE(option.key.starts_with(name)) << option.about.flag << " and " << option.key;
  }
}

TEST(DeclaredOptions, EveryOneCanBeSetAndIsReadBack) {
  for (const auto& option : declared_options().options()) {
    ReconstructionOptions o;
    const auto& about = option.about;
    Value other = option.standard;
    if (const auto* boolean = std::get_if<bool>(&option.standard))
      other = !*boolean;
    else if (!about.choices.empty())
      other = about.choices.back();
    else if (std::holds_alternative<std::int64_t>(option.standard))
      other = static_cast<std::int64_t>(*about.low) + 1;
    else if (std::holds_alternative<double>(option.standard))
      other = (*about.low + *about.high) / 2;
    option.set(o, other);
    EXPECT_EQ(option.get(o), other) << option.key;
    // Nothing else has changed.
    std::size_t changed = 0;
    for (const auto& each : declared_options().options()) changed += each.get(o) != each.standard ? 1 : 0;
    EXPECT_LE(changed, 1U) << option.key;
  }
}

}  // namespace
}  // namespace ptero::ptycho
