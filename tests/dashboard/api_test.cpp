// The service as a browser meets it: events in over sockets, answers out over HTTP.

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <ptero/core/error.hpp>
#include <ptero/services/dashboard/dashboard.hpp>
#include <ptero/transport/event_publisher.hpp>
#include <ptero/wire/control.hpp>
#include <ptero/wire/events.hpp>
#include <thread>

#include "support/eventually.hpp"
#include "support/http_client.hpp"
#include "support/scratch.hpp"
#include "support/web_socket_client.hpp"

namespace ptero::dashboard {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;
using telemetry::ask;
using telemetry::get;

class Board : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directories(scratch_ / "page" / "assets");
    std::ofstream(scratch_ / "page" / "index.html") << "<p>the page";
    std::ofstream(scratch_ / "page" / "assets" / "x.js") << "1";
    events_ =
        std::make_unique<transport::EventPublisher>(context_, "inproc://events", transport::SocketOptions{});
    DashboardOptions options{.ingest_events = "inproc://events",
                             .classifier_events = "",
                             .reconstructor_events = "",
                             .classifier_control = "inproc://control",
                             .web = (scratch_ / "page").string(),
                             .audit = (scratch_ / "audit.jsonl").string(),
                             .max_clients = 4};
    board_ = std::make_unique<Dashboard>(context_, options);
    server_ = std::make_unique<telemetry::HttpServer>(
        telemetry::HttpOptions{.threads = http_threads(options), .timeout_ms = 500});
    board_->serve_on(*server_);
    board_->service().start();
    publishing_ =
        std::jthread([this](std::stop_token stop) { events_->run([&] { return !stop.stop_requested(); }); });
  }
  void TearDown() override {
    board_->service().request_stop();
    board_->service().join();
    server_.reset();
    board_.reset();
  }

  int port() const { return server_->port(); }
  Json state() const { return Json::parse(get(port(), "/api/state").body); }

  test::Scratch scratch_;
  transport::Context context_;
  std::unique_ptr<transport::EventPublisher> events_;
  std::unique_ptr<Dashboard> board_;
  std::unique_ptr<telemetry::HttpServer> server_;
  std::jthread publishing_;
};

TEST_F(Board, TellsOverRestAndWebSocketWhatTheServicesSaid) {
  test::WebSocketClient page(port(), "/ws");
  ASSERT_TRUE(page.connected());
  events_->publish("ledger", {wire::encode(wire::LedgerEvent{"scan-7", {{"selected", 3}}, false})});
  ASSERT_TRUE(test::eventually([&] { return state()["series_uid"] == "scan-7"; }));
  EXPECT_EQ(state()["ledger"]["counts"]["selected"], 3);
  ASSERT_TRUE(test::eventually([&] { return Json::parse(page.next())["series_uid"] == "scan-7"; }));

  EXPECT_EQ(get(port(), "/api/snapshot").status, 404);
  const Bytes picture = Bytes::take(std::vector<float>{1});
  events_->publish("snapshot", {wire::encode(wire::SnapshotEvent{.series_uid = "scan-7", .shape = {1, 1}}),
                                picture, picture});
  ASSERT_TRUE(test::eventually([&] { return get(port(), "/api/snapshot").status == 200; }));
  page.say("snapshot");
  std::string pushed;
  while ((pushed = page.next()).starts_with('{')) {
  }
  EXPECT_EQ(pushed, get(port(), "/api/snapshot").body);
}

TEST_F(Board, ServesThePageAndNothingElseOfTheDisk) {
  EXPECT_EQ(get(port(), "/").body, "<p>the page");
  EXPECT_NE(get(port(), "/assets/x.js").head.find("text/javascript"), std::string::npos);
  for (const char* path :
       {"/audit.jsonl", "/../audit.jsonl", "/assets/../../etc/passwd", "/assets/", "/assets/%2e%2e/x"})
    EXPECT_EQ(get(port(), path).status, 404) << path;
}

TEST_F(Board, DescribesEveryPathItAnswers) {
  const auto document = Json::parse(get(port(), "/api/openapi.json").body);
  for (const auto& [path, methods] : document["paths"].items())
    for (const auto& [method, what] : methods.items()) {
      const int status = method == "get" ? get(port(), path).status : ask(port(), "POST", path).status;
      const bool described = what["responses"].contains(std::to_string(status));
      // Nothing is ready here, and nobody has made /metrics.
      EXPECT_TRUE(described || path == "/metrics" || path == "/readyz") << path << " answers " << status;
    }
  EXPECT_EQ(ask(port(), "POST", "/api/state").status, 405);
  EXPECT_EQ(get(port(), "/api/control/region").status, 405);
}

TEST_F(Board, AsksTheClassifierAndWritesDownWhoAsked) {
  transport::Socket classifier(context_, transport::SocketKind::router);
  classifier.bind("inproc://control");
  std::vector<wire::Control> asked;
  std::jthread answers([&] {
    while (const auto message = classifier.receive(5000ms)) {
      asked.push_back(*wire::decode_control(message->at(1)));
      const bool ok = asked.back().border != 1001;
      classifier.send({message->at(0), wire::encode(wire::ControlAnswer{ok, ok ? "soon" : "too far"})});
      if (asked.size() == 2) return;
    }
  });
  const auto good = ask(port(), "POST", "/api/control/region", R"({"border": 2, "fill_in": true})");
  EXPECT_EQ(good.status, 200);
  EXPECT_EQ(Json::parse(good.body)["audited"], true);
  const auto refused = ask(port(), "POST", "/api/control/region", R"({"border": 1001})");
  EXPECT_EQ(refused.status, 409);
  EXPECT_EQ(Json::parse(refused.body)["why"], "too far");
  answers.join();
  EXPECT_EQ(asked[0].border, 2);
  EXPECT_EQ(asked[0].fill_in, true);
  EXPECT_FALSE(asked[1].fill_in);
  EXPECT_EQ(asked[0].by, "127.0.0.1");
  EXPECT_EQ(state()["wanted"]["border"], 2);

  std::ifstream file(scratch_ / "audit.jsonl");
  std::vector<Json> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(Json::parse(line));
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0]["asked"], (Json{{"border", 2}, {"fill_in", true}}));
  EXPECT_EQ(lines[0]["ok"], true);
  EXPECT_EQ(lines[1]["ok"], false);
  EXPECT_EQ(lines[1]["by"], "127.0.0.1");
  EXPECT_EQ(Json::parse(get(port(), "/api/audit").body).size(), 2u);
}

TEST_F(Board, RefusesWhatIsNoWishAndSaysWhatWouldBe) {
  for (const char* body :
       {"", "[]", "{}", R"({"border": 1.5})", R"({"border": "2"})", R"({"fill_in": 1})", R"({"brder": 2})"}) {
    const auto answer = ask(port(), "POST", "/api/control/region", body);
    EXPECT_EQ(answer.status, 400) << body;
    EXPECT_EQ(Json::parse(answer.body)["ok"], false);
  }
  EXPECT_FALSE(std::filesystem::file_size(scratch_ / "audit.jsonl") > 0);
}

TEST(DashboardStart, SaysWhatIsWrongWithItsFiles) {
  transport::Context context;
  test::Scratch scratch;
  DashboardOptions options{.web = (scratch / "").string(), .audit = ""};
  EXPECT_THROW(Dashboard(context, options), InputError);
  options = {.audit = "/proc/no/audit.jsonl"};
  EXPECT_THROW(Dashboard(context, options), InputError);
}

}  // namespace
}  // namespace ptero::dashboard
