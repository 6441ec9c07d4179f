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

const std::string long_script(5'000, '7');

class Board : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directories(scratch_ / "page" / "assets");
    std::ofstream(scratch_ / "page" / "index.html") << "<p>the page";
    std::ofstream(scratch_ / "page" / "assets" / "x.js") << "1";
    std::ofstream(scratch_ / "page" / "assets" / "long.js") << long_script;
    events_ =
        std::make_unique<transport::EventPublisher>(context_, "inproc://events", transport::SocketOptions{});
    DashboardOptions options{.ingest_events = "inproc://events",
                             .classifier_events = "",
                             .reconstructor_events = "",
                             .classifier_control = "inproc://control",
                             .reconstructor_control = "inproc://control-reconstructor",
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

TEST_F(Board, KeepsANoteWithItsSeries) {
  events_->publish("ledger",
                   {wire::encode(wire::LedgerEvent{"scan-7", {{"selected", 3}, {"expected", 5}}, false})});
  ASSERT_TRUE(test::eventually([&] { return state()["series_uid"] == "scan-7"; }));
  const auto note = [&](const std::string& body) { return ask(port(), "POST", "/api/control/note", body); };
  const auto good = note(R"({"text": "the shutter was closed"})");
  EXPECT_EQ(good.status, 200) << good.body;
  for (const std::string bad :
       {"", "[]", "{}", R"({"text": 3})", R"({"text": "  "})", R"({"text": "x", "by": "y"})"})
    EXPECT_EQ(note(bad).status, 400) << bad;
  EXPECT_EQ(note(Json{{"text", std::string(4001, 'x')}}.dump()).status, 400);
  const auto lines = Json::parse(get(port(), "/api/audit").body);
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0]["action"], "note");
  EXPECT_EQ(lines[0]["asked"],
            (Json{{"text", "the shutter was closed"}, {"series_uid", "scan-7"}, {"frames", 3}}));
  std::ifstream file(scratch_ / "audit.jsonl");
  std::string line;
  ASSERT_TRUE(std::getline(file, line));
  EXPECT_EQ(Json::parse(line)["asked"]["text"], "the shutter was closed");
}

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

/// A service that answers so many controls, and what it was asked.
class Asked {
 public:
  using Answer = std::function<wire::ControlAnswer(const wire::Control&)>;
  Asked(transport::Context& context, const std::string& endpoint, std::size_t count, Answer answer)
      : socket_(context, transport::SocketKind::router) {
    socket_.bind(endpoint);
    thread_ = std::jthread([this, count, answer = std::move(answer)] {
      while (controls_.size() < count) {
        const auto message = socket_.receive(5000ms);
        if (!message) return;
        controls_.push_back(*wire::decode_control(message->at(1)));
        socket_.send({message->at(0), wire::encode(answer(controls_.back()))});
      }
    });
  }
  std::vector<wire::Control> controls() {
    thread_.join();
    return controls_;
  }

 private:
  transport::Socket socket_;
  std::vector<wire::Control> controls_;
  std::jthread thread_;
};

TEST_F(Board, ServesThePageCompressedAndOnce) {
  const auto ask_for = [&](const std::string& path, const std::string& headers) {
    telemetry::RawClient client(port());
    client.send("GET " + path + " HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n");
    const std::string all = client.receive_all();
    const auto end = all.find("\r\n\r\n");
    return std::pair(all.substr(0, end), all.substr(end + 4));
  };
  const auto [plain, text] = ask_for("/assets/long.js", "");
  EXPECT_EQ(text, long_script);
  EXPECT_NE(plain.find("Cache-Control: private, max-age=31536000, immutable"), std::string::npos) << plain;
  const auto [packed, bytes] = ask_for("/assets/long.js", "Accept-Encoding: gzip, deflate\r\n");
  EXPECT_NE(packed.find("Content-Encoding: gzip"), std::string::npos) << packed;
  EXPECT_TRUE(bytes.starts_with("\x1f\x8b")) << bytes.size();
  EXPECT_LT(bytes.size(), text.size() / 4);
  // Of the page itself a browser asks whether it is the same.
  const auto [page, html] = ask_for("/", "");
  EXPECT_NE(page.find("Cache-Control: private, no-cache"), std::string::npos) << page;
  const auto at = page.find("ETag: ") + 6;
  const auto etag = page.substr(at, page.find("\r\n", at) - at);
  const auto [again, nothing] = ask_for("/", "If-None-Match: " + etag + "\r\n");
  EXPECT_TRUE(again.starts_with("HTTP/1.1 304 ")) << again;
  EXPECT_EQ(nothing, "");
}

TEST_F(Board, TakesNoBodyThatReadersUnderstandDifferently) {
  const auto why = [&](const std::string& body) {
    const auto answer = ask(port(), "POST", "/api/control/frames", body);
    EXPECT_EQ(answer.status, 400) << body;
    return Json::parse(answer.body)["why"].get<std::string>();
  };
  const std::string good = R"({"first": 1, "last": 2, "bad": true})";
  EXPECT_NE(why(R"({"first": 1, "first": 5, "last": 9, "bad": true})").find("\"first\" is there twice"),
            std::string::npos);
  for (const std::string& behind :
       {std::string(" x"), std::string("{}"), std::string("\0", 1), std::string("\0x", 2)})
    EXPECT_NE(why(good + behind).find("it looks like"), std::string::npos);
  EXPECT_NE(why(std::string(100'000, '[')).find("levels deep"), std::string::npos);
  EXPECT_TRUE(Json::parse(get(port(), "/api/audit").body).empty());
}

TEST_F(Board, AsksTheClassifierAndWritesDownWhoAsked) {
  Asked classifier(context_, "inproc://control", 2, [](const wire::Control& control) {
    const bool ok = control.border != 1001;
    return wire::ControlAnswer{ok, ok ? "soon" : "too far"};
  });
  const auto good = ask(port(), "POST", "/api/control/region", R"({"border": 2, "fill_in": true})");
  EXPECT_EQ(good.status, 200);
  EXPECT_EQ(Json::parse(good.body)["audited"], true);
  const auto refused = ask(port(), "POST", "/api/control/region", R"({"border": 1001})");
  EXPECT_EQ(refused.status, 409);
  EXPECT_EQ(Json::parse(refused.body)["why"], "too far");
  const auto asked = classifier.controls();
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

TEST_F(Board, EveryWishReachesItsService) {
  const auto yes = [](const wire::Control&) { return wire::ControlAnswer{true, "done"}; };
  Asked classifier(context_, "inproc://control", 4, yes);
  Asked reconstructor(context_, "inproc://control-reconstructor", 1, yes);
  const auto post = [&](const std::string& path, const std::string& body) {
    const auto answer = ask(port(), "POST", "/api/control/" + path, body);
    EXPECT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(Json::parse(answer.body), (Json{{"ok", true}, {"why", "done"}, {"audited", true}}));
  };
  post("region", R"({"segments": 16})");
  post("frames", R"({"first": 3, "last": 200, "bad": true})");
  post("advice", R"({"advice": 17, "accept": true})");
  post("advice", R"({"accept": false, "advice": 17})");
  post("reconstruction", R"({"do": "restart"})");
  const auto asked = classifier.controls();
  ASSERT_EQ(asked.size(), 4u);
  EXPECT_EQ(asked[0].segments, 16);
  EXPECT_FALSE(asked[0].border);
  EXPECT_EQ(asked[1].action, wire::action_bad_frames);
  EXPECT_EQ(asked[1].first, 3u);
  EXPECT_EQ(asked[1].last, 200u);
  EXPECT_EQ(asked[1].bad, true);
  EXPECT_EQ(asked[2].action, wire::action_accept_advice);
  EXPECT_EQ(asked[2].advice, 17u);
  EXPECT_EQ(asked[3].action, wire::action_reject_advice);
  const auto done = reconstructor.controls();
  ASSERT_EQ(done.size(), 1u);
  EXPECT_EQ(done[0].action, wire::action_reconstruction);
  EXPECT_EQ(done[0].what, "restart");
  EXPECT_EQ(Json::parse(get(port(), "/api/audit").body).size(), 5u);
}

TEST_F(Board, SaysWhichServicesCannotBeAsked) {
  EXPECT_EQ(state()["controls"], (Json{{"classifier", true}, {"reconstructor", true}, {"ddip", false}}));
  const auto answer = ask(port(), "POST", "/api/control/separation", R"({"do": "start"})");
  EXPECT_EQ(answer.status, 409);
  const auto body = Json::parse(answer.body);
  EXPECT_EQ(body["ok"], false);
  EXPECT_NE(body["why"].get<std::string>().find("ddip_control"), std::string::npos);
  EXPECT_EQ(body["audited"], true);
}

TEST_F(Board, SaysOfItselfHowItIs) {
  ASSERT_TRUE(test::eventually([&] { return state()["services"]["dashboard"]["alive"] == true; }));
  EXPECT_EQ(state()["services"]["dashboard"]["health"]["ready"], true);
  EXPECT_NE(board_->metrics().text().find("ptero_alarm_active{alarm=\"audit_log\",service=\"dashboard\"} 0"),
            std::string::npos)
      << board_->metrics().text();
}

TEST_F(Board, RefusesWhatIsNoWishAndSaysWhatWouldBe) {
  // As many levels as a body may have.
  const std::string deep = R"({"first": )" + std::string(500'000, '[') + std::string(500'000, ']') + "}";
  const std::pair<const char*, std::string> wrong[] = {
      {"region", ""},
      {"region", "[]"},
      {"region", "{}"},
      {"region", R"({"border": 1.5})"},
      {"region", R"({"border": "2"})"},
      {"region", R"({"border": 18446744073709551615})"},
      {"region", R"({"fill_in": 1})"},
      {"region", R"({"brder": 2})"},
      {"region", R"({"segments": "8"})"},
      {"frames", R"({"first": 3, "last": 200})"},
      {"frames", R"({"first": -1, "last": 200, "bad": true})"},
      {"frames", R"({"first": 3, "last": 200, "bad": 1})"},
      {"reconstruction", R"({"do": 1})"},
      {"reconstruction", "{}"},
      {"separation", R"("start")"},
      {"advice", R"({"advice": 17})"},
      {"advice", R"({"advice": 1.5, "accept": true})"},
      {"frames", deep},
  };
  for (const auto& [path, body] : wrong) {
    const auto answer = ask(port(), "POST", std::string("/api/control/") + path, body);
    EXPECT_EQ(answer.status, 400) << path << body.substr(0, 100);
    EXPECT_EQ(Json::parse(answer.body)["ok"], false);
  }
  EXPECT_FALSE(std::filesystem::file_size(scratch_ / "audit.jsonl") > 0);
}

TEST_F(Board, TellsTheNewestAdviceInFull) {
  EXPECT_EQ(get(port(), "/api/advice").status, 404);
  const auto utc_ns = std::chrono::duration_cast<std::chrono::nanoseconds>(
                          std::chrono::system_clock::now().time_since_epoch())
                          .count();
  wire::AdviceEvent advice{.series_uid = "s",
                           .standing = "proposed",
                           .mode = "propose",
                           .id = 17,
                           .confidence = 0.5,
                           .expires_utc_ns = utc_ns + 60'000'000'000,
                           .skip = {3, 5, 9, 9},
                           .points = {{1e-6, 2e-6}}};
  events_->publish("advice", {wire::encode(advice)});
  ASSERT_TRUE(test::eventually([&] { return get(port(), "/api/advice").status == 200; }));
  const auto full = Json::parse(get(port(), "/api/advice").body);
  EXPECT_EQ(full["points"], (Json{{1e-6, 2e-6}}));
  EXPECT_EQ(full["skip"], (Json{{3, 5}, {9, 9}}));
  const auto now = state()["advice"];
  EXPECT_EQ(now["id"], 17);
  EXPECT_EQ(now["accepted"], false);
  EXPECT_EQ(now["points"], 1);
  EXPECT_EQ(now["skip"], 4);
  EXPECT_EQ(now["stop"], false);
  EXPECT_EQ(now["mode"], "propose");

  // One that has expired is not given, whatever its service says or does not say.
  advice.expires_utc_ns = utc_ns - 1;
  events_->publish("advice", {wire::encode(advice)});
  ASSERT_TRUE(test::eventually([&] { return state()["advice"].is_null(); }));
  EXPECT_EQ(Json::parse(get(port(), "/api/advice").body)["standing"], "none");
}

// A full disk: the action is done all the same, and somebody is told that it left no trace.
TEST(DashboardAudit, RingsWhenAnActionCannotBeWrittenDown) {
  transport::Context context;
  const DashboardOptions options{.ingest_events = "",
                                 .classifier_events = "",
                                 .reconstructor_events = "",
                                 .audit = "/dev/full",
                                 .max_clients = 1};
  Dashboard board(context, options);
  telemetry::HttpServer server(telemetry::HttpOptions{.threads = http_threads(options), .timeout_ms = 500});
  board.serve_on(server);
  board.service().start();
  const auto answer = ask(server.port(), "POST", "/api/control/separation", R"({"do": "stop"})");
  EXPECT_EQ(Json::parse(answer.body)["audited"], false);
  EXPECT_TRUE(test::eventually([&] {
    const auto alarms = Json::parse(get(server.port(), "/api/state").body)["alarms"];
    return alarms.size() == 1 && alarms[0]["id"] == "audit_log";
  }));
  board.service().request_stop();
  board.service().join();
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
