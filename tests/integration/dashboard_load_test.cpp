// Pages that look on, some of which have stopped reading: the scan does not notice.

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "held_scan.hpp"
#include "support/eventually.hpp"
#include "support/http_client.hpp"
#include "support/scratch.hpp"
#include "support/web_socket_client.hpp"

namespace ptero::test {
namespace {

int port_in(const std::string& url) {
  return std::stoi(url.substr(url.rfind(':') + 1));
}

double metric(const std::string& page, const std::string& series) {
  const auto at = page.find("\n" + series + " ");
  return at == std::string::npos ? -1 : std::stod(page.substr(at + series.size() + 2));
}

TEST(DashboardLoad, TwentyPagesOfWhichFiveStallLeaveTheLedgerComplete) {
  Scratch scratch;
  auto options = live_options((scratch / "out").string());
  options.with_dashboard = true;
  HeldScan scan(150, {700});
  options.source = scan.source();
  options.dashboard.max_clients = 20;
  options.reconstructor.snapshot_every_s = 0.1;  // more pictures than a stalled page's socket can hold
  std::vector<std::unique_ptr<WebSocketClient>> pages;
  std::vector<std::jthread> readers;
  std::atomic<std::uint64_t> read = 0;
  double most_pages = 0, cut_off = 0, topics = 0, most_waiting = 0;
  bool one_more = true;
  const auto look = [&](const live::Progress&, live::Live& live) {
    const int port = port_in(live.url());
    if (pages.empty()) {
      for (int i = 0; i < 20; ++i) {
        const bool stalls = i < 5;
        pages.push_back(std::make_unique<WebSocketClient>(port, "/ws", "", stalls ? 4096 : 0));
        EXPECT_TRUE(pages.back()->connected());
        if (stalls) continue;
        readers.emplace_back([&, page = pages.back().get()] {
          while (!page->next().empty()) ++read;
        });
      }
      one_more = WebSocketClient(port, "/ws").connected();
    }
    const auto metrics = telemetry::get(port, "/metrics").body;
    const auto of_dashboard = [&](const std::string& name) {
      return metric(metrics, "ptero_dashboard_" + name + "{service=\"dashboard\"}");
    };
    most_pages = std::max(most_pages, of_dashboard("clients"));
    cut_off = metric(metrics, "ptero_dashboard_turned_away{service=\"dashboard\",why=\"stalled\"}");
    topics = std::max(topics, of_dashboard("topics"));
    most_waiting = std::max(most_waiting, of_dashboard("waiting_values"));
    if (cut_off >= 5 && read > 15u * 10) scan.let_pass(1);
  };
  const auto report = run_live(options, look, {.timeout_ms = 1000});
  readers.clear();
  EXPECT_FALSE(one_more);
  EXPECT_EQ(most_pages, 20);
  EXPECT_GE(cut_off, 5);
  EXPECT_GT(most_waiting, 0);
  EXPECT_LE(most_waiting, topics + 1) << "one value a topic, and the one being sent";
  EXPECT_GT(read, 15u * 10);
  const auto& ledger = report["ledger"];
  EXPECT_EQ(sum(ledger), 24u * 30);
  EXPECT_EQ(ledger.value("missing", 0) + ledger.value("pending", 0) + ledger.value("expected", 0), 0);
  EXPECT_EQ(ledger.value("selected", 0) + ledger.value("background", 0), 24 * 30);
}

}  // namespace
}  // namespace ptero::test
