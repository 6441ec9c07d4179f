#include <ptero/telemetry/catalogue.hpp>

#include "rules.hpp"

namespace ptero::test {
namespace {

TEST(Alerts, AreGoodRulesAndEveryCaseOfThemHolds) {
  SKIP_WITHOUT_PROGRAM("promtool");
  const Scratch scratch;
  const auto promtool = [&](const std::vector<std::string>& arguments) {
    return run("/usr/bin/promtool", arguments, scratch / "promtool.log");
  };
  for (const auto& arguments : {std::vector<std::string>{"check", "rules", rules_file},
                                {"check", "config", "deploy/prometheus/prometheus.yml"},
                                {"test", "rules", "deploy/prometheus/ptero_alerts_test.yml"}}) {
    const auto ran = promtool(arguments);
    EXPECT_EQ(ran.code, 0) << ran.output;
  }
}

TEST(Alerts, RingOnceAndStaySilentOnceInTheirTests) {
  const std::string rules = slurp(rules_file), tests = slurp("deploy/prometheus/ptero_alerts_test.yml");
  const auto alerts = all_of(rules, "- alert: (\\w+)");
  EXPECT_GE(alerts.size(), 15u);
  EXPECT_EQ(all_of(tests, "alertname: (\\w+)\n *exp_alerts:\n"), alerts) << "rings";
  EXPECT_EQ(all_of(tests, "alertname: (\\w+), exp_alerts: \\[\\]"), alerts) << "silent while all is well";
}

TEST(Alerts, AreAboutMetricsOfTheCatalogueAndWakeSomebodyForItsCriticalAlarms) {
  const std::string rules = slurp(rules_file);
  for (const std::string& expression : all_of(rules, "\n +expr: ([^\n]*)"))
    for (const std::string& name : metrics_in(std::regex_replace(
             expression, std::regex("_\\(classifier\\|reconstructor\\)_"), "_classifier_")))
      EXPECT_NE(telemetry::find_metric(name), nullptr) << name;
  std::set<std::string> critical, waking;
  for (const auto& alarm : telemetry::all_alarms())
    if (alarm.critical) critical.insert(std::string(alarm.id));
  for (const std::string& list : all_of(rules, "ptero_alarm_active\\{alarm=~\"([^\"]*)\""))
    waking = all_of(list, "([a-z_]+)");
  EXPECT_EQ(waking, critical);
  const auto others = all_of(rules, "alarm!~\"([^\"]*)\"");
  EXPECT_EQ(others, all_of(rules, "alarm=~\"([^\"]*)\"")) << "all others are warnings";
}

TEST(Alerts, SayHowUrgentTheyAreAndWhatToDo) {
  const std::string rules = slurp(rules_file);
  const auto count = [&](const std::string& pattern) {
    const std::regex regex(pattern);
    return std::distance(std::sregex_iterator(rules.begin(), rules.end(), regex), std::sregex_iterator());
  };
  const auto alerts = count("- alert: ");
  EXPECT_EQ(count("labels: \\{severity: (critical|warning)\\}"), alerts);
  EXPECT_EQ(count("\n +summary: "), alerts);
  EXPECT_EQ(count("\n +action: "), alerts);
}

}  // namespace
}  // namespace ptero::test
