// What operations.md lists is what there is: its tables of metrics and alarms are written from the catalogue,
// and every metric of the catalogue is registered by somebody. PTERO_WRITE_TABLES=1 writes the tables anew.
#include <gtest/gtest.h>

#include <cstdlib>
#include <regex>
#include <set>

#include <ptero/telemetry/catalogue.hpp>

#include "doc/pages.hpp"

namespace ptero::test {
namespace {

namespace fs = std::filesystem;
constexpr const char* page = "doc/operations.md";

std::set<std::string> found_in(const std::string& text, const std::regex& name) {
  std::set<std::string> names;
  for (std::sregex_iterator it(text.begin(), text.end(), name), end; it != end; ++it) names.insert((*it)[1]);
  return names;
}

/// The sources of the libraries and services but the catalogue, one behind the other.
std::string sources() {
  std::string all;
  for (const char* folder : {"libs", "services"})
    for (const auto& file : fs::recursive_directory_iterator(folder))
      if ((file.path().extension() == ".cpp" || file.path().extension() == ".hpp") &&
          file.path().filename() != "catalogue.cpp")
        all += text_of(file.path());
  return all;
}

/// The table on the page whose first line this is.
void expect_on_the_page(const std::string& table) {
  std::string text = text_of(page);
  const auto begin = text.find(table.substr(0, table.find('\n')));
  ASSERT_NE(begin, text.npos) << table.substr(0, table.find('\n'));
  const auto end = text.find("\n\n", begin) + 1;
  if (std::getenv("PTERO_WRITE_TABLES")) {
    text.replace(begin, end - begin, table);
    std::ofstream(page) << text;
  } else {
    EXPECT_EQ(text.substr(begin, end - begin), table) << "run test_doc with PTERO_WRITE_TABLES=1";
  }
}

TEST(Operations, ItsTablesAreTheCatalogue) {
  expect_on_the_page(telemetry::metrics_table());
  expect_on_the_page(telemetry::alarms_table());
}

TEST(Operations, NamesNoMetricThatIsNone) {
  for (const auto& name : found_in(text_of(page), std::regex("(ptero_[a-z_]+[a-z])")))
    EXPECT_NE(telemetry::find_metric(name), nullptr) << name;
}

TEST(Catalogue, EveryMetricIsRegisteredAndEveryAlarmRaisedBySomebody) {
  const auto text = sources();
  const auto in_use = found_in(text, std::regex("\"(ptero_[a-z_]+)\""));
  std::set<std::string> names;
  for (const auto& metric : telemetry::all_metrics()) {
    EXPECT_TRUE(names.insert(std::string(metric.name)).second) << metric.name << " is listed twice";
    EXPECT_TRUE(in_use.contains(std::string(metric.name))) << metric.name;
    EXPECT_EQ(metric.kind == telemetry::MetricKind::counter, metric.name.ends_with("_total")) << metric.name;
  }
  for (const auto& alarm : telemetry::all_alarms())
    EXPECT_NE(text.find("\"" + std::string(alarm.id) + "\""), text.npos) << alarm.id;
}

}  // namespace
}  // namespace ptero::test
