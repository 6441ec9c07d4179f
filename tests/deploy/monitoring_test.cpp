// Debian's Prometheus scrapes the services of a run with the configuration that is shipped; what alerts and
// dashboards ask for is there.

#include <nlohmann/json.hpp>

#include "rules.hpp"
#include "support/http_client.hpp"
#include "support/ports.hpp"

namespace ptero::test {
namespace {

/// Where positions come apart from the frames alone.
const std::set<std::string> begin_later{"ptero_ingest_held_bytes", "ptero_ingest_held_frames",
                                        "ptero_ingest_join_frames_total", "ptero_ingest_positions_connected"};

/// A service, its port in prometheus.yml, and what stands in its section here.
struct Scraped {
  std::string name;
  int port;
  std::string lines;
};

std::string encoded(const std::string& query) {
  std::string out;
  char hex[4];
  for (const unsigned char c : query) {
    std::snprintf(hex, sizeof hex, "%%%02X", c);
    out += hex;
  }
  return out;
}

class Monitoring : public testing::Test {
 protected:
  void SetUp() override {
    const auto ipc = [this](const std::string& name) {
      return "\"ipc://" + (scratch_ / name).string() + "\"\n";
    };
    const std::string data = "\"" + (scratch_ / "data").string() + "\"\n", out = "out = " + data;
    scraped_ = {{"ingest", 9101,
                 "source = \"native:ipc://" + (scratch_ / "detector").string() +
                     "\"\nframe_link = " + ipc("frames") + "events = " + ipc("i") + out},
                {"classifier", 9102,
                 "frame_link = " + ipc("frames") + "selection_link = " + ipc("selection") +
                     "events = " + ipc("c") + out},
                {"reconstructor", 9103,
                 "selection_link = " + ipc("selection") + "events = " + ipc("r") +
                     "epochs = 2\ndefocus_m = 355e-6\n" + out},
                {"dashboard", 8080,
                 "ingest_events = " + ipc("i") + "classifier_events = " + ipc("c") +
                     "reconstructor_events = " + ipc("r") + "ddip_events = " + ipc("d") + "audit = \"\"\n"},
                {"ddip", 9105, "products = " + data + "events = " + ipc("d")}};
    if (!std::filesystem::exists(bin() / "ptero-ddip")) scraped_.pop_back();
    std::ofstream file(scratch_ / "services.toml");
    for (std::size_t i = 0; i < scraped_.size(); ++i)
      file << "[" << scraped_[i].name << "]\nhttp_port = " << ports_[i] << "\n" << scraped_[i].lines;
    file.close();
    for (const auto& service : scraped_)
      services_.push_back(std::make_unique<Program>(
          "ptero-" + service.name, std::vector<std::string>{"-c", scratch_ / "services.toml"},
          scratch_ / (service.name + ".log")));
    const auto sent = run("ptero",
                          {"simulate", "nanosheets", "--rate", "0", "--bind",
                           "ipc://" + (scratch_ / "detector").string(), "--scan", "14x16", "--scan-step",
                           "300e-9", "--pattern", "64", "--photons", "1e5", "--outer-zone-width", "80e-9"},
                          scratch_ / "simulate.log");
    ASSERT_EQ(sent.code, 0) << sent.output;
    ASSERT_TRUE(eventually([&] {
      return page(1).find("ptero_classifier_frames_total{service=\"classifier\"} 224") != std::string::npos;
    }));
    ASSERT_TRUE(eventually(
        [&] { return page(2).find("ptero_frame_to_snapshot_seconds_count") != std::string::npos; }));
    for (std::size_t i = 0; i < scraped_.size(); ++i)
      ASSERT_TRUE(eventually([&] { return telemetry::get(ports_[i], "/readyz").status == 200; }))
          << scraped_[i].name;
  }
  std::string page(std::size_t service) const { return telemetry::get(ports_[service], "/metrics").body; }

  Scratch scratch_;
  std::vector<Scraped> scraped_;
  std::vector<int> ports_ = free_ports(6);  // the last one is Prometheus'
  std::vector<std::unique_ptr<Program>> services_;
};

TEST_F(Monitoring, EverythingThatAlertsAndDashboardsAskForIsThere) {
  std::set<std::string> there = begin_later;
  for (std::size_t service = 0; service < scraped_.size(); ++service) there.merge(metrics_in(page(service)));
  std::set<std::string> wanted;
  for (const auto& entry : std::filesystem::directory_iterator("deploy/grafana")) {
    const auto board = nlohmann::json::parse(slurp(entry.path()));
    EXPECT_FALSE(board["uid"].get<std::string>().empty());
    for (const auto& panel : board["panels"])
      for (const auto& target : panel["targets"]) wanted.merge(metrics_in(target["expr"].get<std::string>()));
  }
  EXPECT_GT(wanted.size(), 20u);
  // Of a rule, the expression: a name in its text is no metric.
  for (const std::string& expression : all_of(slurp(rules_file), "\n +expr: ([^\n]*)"))
    wanted.merge(metrics_in(
        std::regex_replace(expression, std::regex("_\\(classifier\\|reconstructor\\)_"), "_classifier_")));
  for (const std::string& name : wanted)
    EXPECT_TRUE(there.contains(name) || (scraped_.size() < 5 && name.starts_with("ptero_ddip_")))
        << name << " is no metric of a running service";
}

TEST_F(Monitoring, PrometheusScrapesAllServicesAndItsQueriesGiveTheFigures) {
  SKIP_WITHOUT_PROGRAM("prometheus");
  std::string config = slurp("deploy/prometheus/prometheus.yml");
  for (std::size_t i = 0; i < scraped_.size(); ++i)
    config = std::regex_replace(config, std::regex("127\\.0\\.0\\.1:" + std::to_string(scraped_[i].port)),
                                "127.0.0.1:" + std::to_string(ports_[i]));
  if (scraped_.size() < 5) config = std::regex_replace(config, std::regex("\n[^\n]*:9105[^\n]*"), "");
  config = std::regex_replace(config, std::regex("_interval: 5s"), "_interval: 1s");
  spill(scratch_ / "prometheus.yml", config);
  std::filesystem::copy(rules_file, scratch_ / "ptero_alerts.yml");
  Program prometheus("/usr/bin/prometheus",
                     {"--config.file=" + (scratch_ / "prometheus.yml").string(),
                      "--storage.tsdb.path=" + (scratch_ / "tsdb").string(),
                      "--web.listen-address=127.0.0.1:" + std::to_string(ports_[5])},
                     scratch_ / "prometheus.log");
  const auto ask = [&](const std::string& path) {
    // HTTP 1.0: Prometheus keeps other connections open.
    telemetry::RawClient client(ports_[5]);
    client.send("GET " + path + " HTTP/1.0\r\n\r\n");
    const std::string answer = client.receive_all();
    const auto body = answer.find("\r\n\r\n");
    return body == std::string::npos ? nlohmann::json()
                                     : nlohmann::json::parse(answer.substr(body + 4), nullptr, false);
  };
  const auto value = [&](const std::string& query) -> double {
    const auto answer = ask("/api/v1/query?query=" + encoded(query));
    if (!answer.is_object() || answer["data"]["result"].empty()) return -1;
    return std::stod(answer["data"]["result"][0]["value"][1].get<std::string>());
  };
  const auto services = static_cast<double>(scraped_.size());
  ASSERT_TRUE(eventually([&] {
    return value("sum(up{job=\"ptero\"})") == services && value("count(up{job=\"ptero\"})") == services;
  })) << prometheus.output();
  EXPECT_TRUE(eventually([&] { return value("sum(ptero_ledger_frames)") == 224; }));
  EXPECT_EQ(value("ptero_classifier_frames_total"), 224);
  EXPECT_EQ(value("ptero_ingest_frames_total"), 224);
  EXPECT_GT(value("ptero_classifier_selected_frames"), 0);
  EXPECT_GT(value("histogram_quantile(0.99, ptero_frame_to_label_seconds_bucket)"), 0);
  EXPECT_GT(value("count(ptero_degradation_level)"), 1);
  EXPECT_EQ(value("ptero_dashboard_clients"), 0);
  EXPECT_EQ(value("ptero_dashboard_unreadable_events"), 0);
  if (services == 5) {
    EXPECT_EQ(value("ptero_ddip_separations_total"), 0) << "there is one layer only";
  }
  const auto rules = ask("/api/v1/rules");
  ASSERT_TRUE(rules.is_object());
  EXPECT_EQ(rules["data"]["groups"][0]["rules"].size(), all_of(slurp(rules_file), "- alert: (\\w+)").size());
  for (const auto& rule : rules["data"]["groups"][0]["rules"])
    EXPECT_NE(rule["health"], "err") << rule.dump();

  services_[1]->kill(SIGKILL);
  EXPECT_TRUE(eventually([&] { return value("sum(up{job=\"ptero\"})") == services - 1; }));
  prometheus.kill(SIGTERM);
  EXPECT_EQ(prometheus.wait(), 0);
}

}  // namespace
}  // namespace ptero::test
