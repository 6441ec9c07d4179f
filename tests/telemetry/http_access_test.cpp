#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <ptero/core/error.hpp>
#include <ptero/telemetry/http_access.hpp>
#include <ptero/telemetry/log.hpp>
#include <ptero/telemetry/metrics.hpp>

#include "support/http_client.hpp"
#include "support/scratch.hpp"

namespace ptero::telemetry {
namespace {

const std::string token = "uX3-pQ9_rT7.wY5~zB1k";

HttpRequest request(const std::string& path, std::map<std::string, std::string> headers = {},
                    const std::string& method = "GET") {
  return {.method = method, .path = path, .headers = std::move(headers)};
}

TEST(Access, WithoutATokenEverybodyMayAsk) {
  EXPECT_EQ(access_of(request("/metrics"), ""), Access::granted);
  EXPECT_EQ(access_of(request("/api/stop", {}, "POST"), ""), Access::granted);
}

TEST(Access, HealthIsForEverybodyAndNothingElseIs) {
  for (const char* path : {"/healthz", "/readyz"})
    EXPECT_EQ(access_of(request(path), token), Access::granted);
  for (const char* path : {"/", "/metrics", "/healthz/", "/healthz/../metrics", "/Healthz", ""})
    EXPECT_EQ(access_of(request(path), token), Access::no_token) << path;
}

TEST(Access, ATokenIsShownInAHeaderOrACookie) {
  const auto with = [](const std::string& name, const std::string& value) {
    return access_of(request("/metrics", {{name, value}}), token);
  };
  for (const char* scheme : {"Bearer ", "bearer ", "BEARER   "})
    EXPECT_EQ(with("authorization", scheme + token), Access::granted) << scheme;
  EXPECT_EQ(with("cookie", "a=b; ptero_token=" + token), Access::granted);
  EXPECT_EQ(with("cookie", "ptero_token=of-another-port; ptero_token=" + token + "; c=d"), Access::granted);
  EXPECT_EQ(with("cookie", "xptero_token=" + token), Access::no_token);
  EXPECT_EQ(with("authorization", "Basic " + token), Access::no_token);
  EXPECT_EQ(with("authorization", token), Access::no_token);
  EXPECT_EQ(with("authorization", "Bearer "), Access::no_token);
}

TEST(Access, EveryOtherTokenIsWrong) {
  for (std::string wrong : {std::string("x"), token + "x", token + token, token.substr(1),
                            token.substr(0, token.size() - 1), std::string(token.size(), 'u')})
    EXPECT_EQ(access_of(request("/", {{"authorization", "Bearer " + wrong}}), token), Access::wrong_token)
        << wrong;
  for (std::size_t i = 0; i < token.size(); ++i) {
    std::string wrong = token;
    wrong[i] ^= 1;
    EXPECT_EQ(access_of(request("/", {{"cookie", "ptero_token=" + wrong}}), token), Access::wrong_token) << i;
  }
}

TEST(Access, PagesOfOtherSitesMayNeitherChangeAnythingNorListen) {
  const auto from = [](const std::string& origin, const std::string& method, const char* upgrade) {
    std::map<std::string, std::string> headers{{"host", "127.0.0.1:9104"}, {"origin", origin}};
    if (upgrade) headers["upgrade"] = upgrade;
    return access_of(request("/api/stop", headers, method), "");
  };
  EXPECT_EQ(from("http://127.0.0.1:9104", "POST", nullptr), Access::granted);
  EXPECT_EQ(from("http://127.0.0.1:9104", "GET", "websocket"), Access::granted);
  EXPECT_EQ(from("http://example.org", "GET", nullptr), Access::granted) << "it cannot read the answer";
  for (const char* origin : {"http://example.org", "null", "http://127.0.0.1:9105", "http://127.0.0.1"}) {
    EXPECT_EQ(from(origin, "POST", nullptr), Access::other_site) << origin;
    EXPECT_EQ(from(origin, "GET", "websocket"), Access::other_site) << origin;
  }
}

TEST(Access, ANameThatMayMeanAnotherHostTomorrowNeedsAToken) {
  const auto page_of = [](const std::string& host, std::string_view shown) {
    return access_of(
        request(
            "/api/stop",
            {{"host", host}, {"origin", "http://" + host}, {"authorization", "Bearer " + std::string(shown)}},
            "POST"),
        shown);
  };
  for (const char* host : {"127.0.0.1:9104", "localhost:9104", "[::1]:9104", "beamline:9104"})
    EXPECT_EQ(page_of(host, ""), Access::granted) << host;
  EXPECT_EQ(page_of("rebound.example.org:9104", ""), Access::other_name);
  EXPECT_EQ(page_of("beamline.example.org:9104", "0123456789abcdef"), Access::granted);
  // It may not read either: for it, the answer is of its own site.
  const auto read = [](const std::string& host, const std::vector<std::string>& ours = {}) {
    return access_of(request("/api/state", {{"host", host}}), "", ours);
  };
  EXPECT_EQ(read("rebound.example.org:9104"), Access::other_name);
  EXPECT_EQ(read("rebound.example.org:9104", {"beamline.example.org"}), Access::other_name);
  EXPECT_EQ(read("beamline.example.org:9104", {"beamline.example.org"}), Access::granted);
  EXPECT_EQ(read("10.0.0.7:9104"), Access::granted);
  EXPECT_EQ(access_of(request("/healthz", {{"host", "rebound.example.org"}}), ""), Access::granted);
}

TEST(Access, AProxySaysByWhichNameItWasAsked) {
  const auto behind = [](const std::string& forwarded, const std::string& origin) {
    return access_of(request("/ws", {{"host", "127.0.0.1:8080"},
                                     {"x-forwarded-host", forwarded},
                                     {"origin", origin},
                                     {"upgrade", "websocket"}}),
                     "");
  };
  EXPECT_EQ(behind("beamline.example.org", "https://beamline.example.org"), Access::granted);
  EXPECT_EQ(behind("beamline.example.org", "https://example.org"), Access::other_site);
}

TEST(Access, ATokenComesFromAFileOfItsOwnerAlone) {
  const test::Scratch scratch;
  const std::string path = scratch / "token";
  const auto refusal = [&] { return test::message_of<InputError>([&] { read_token(path); }); };
  EXPECT_NE(refusal().find(path + " (No such file"), std::string::npos) << refusal();
  test::spill(path, token + "\n");
  for (const mode_t mode : {0640, 0604, 0620, 0777}) {
    chmod(path.c_str(), mode);
    EXPECT_NE(refusal().find("chmod 600"), std::string::npos) << mode << ": " << refusal();
  }
  for (const mode_t mode : {0600, 0400}) {
    chmod(path.c_str(), mode);
    EXPECT_EQ(read_token(path), token);
  }
  chmod(path.c_str(), 0600);
  for (const std::string& bad : {std::string("too-short"), token + "\n" + token, token + ";",
                                 std::string(300, 'a'), std::string(70000, 'a'), std::string(" \n")}) {
    test::spill(path, bad);
    EXPECT_NE(refusal(), "") << bad;
    EXPECT_EQ(refusal().find(token), std::string::npos);
  }
  std::filesystem::remove(path);
  std::filesystem::create_directory(path);
  chmod(path.c_str(), 0700);
  EXPECT_NE(refusal().find("no regular file"), std::string::npos) << refusal();
}

class Guarded : public testing::Test {
 protected:
  Guarded() {
    test::spill(scratch_ / "token", token);
    chmod((scratch_ / "token").c_str(), 0600);
    server_.emplace(HttpOptions{.token_file = (scratch_ / "token").string()});
    server_->set_metrics([this] { return metrics_.text(); });
    server_->add_handler("/page", [this](const HttpRequest& asked) {
      ++handled_;
      return HttpResponse{200, asked.query};
    });
  }
  Answer ask(const std::string& request_line, const std::string& headers = {}) {
    RawClient client(server_->port());
    client.send(request_line + " HTTP/1.1\r\nHost: here\r\n" + headers + "\r\n");
    const std::string all = client.receive_all();
    const auto end = all.find("\r\n\r\n");
    if (all.size() < 12 || end == std::string::npos) return {};
    return {std::stoi(all.substr(9, 3)), all.substr(0, end), all.substr(end + 4)};
  }
  const std::string bearer_ = "Authorization: Bearer " + token + "\r\n";
  test::Scratch scratch_;
  Metrics metrics_;
  std::optional<HttpServer> server_;
  std::atomic<int> handled_ = 0;
};

TEST_F(Guarded, NothingButHealthIsAnsweredWithoutTheToken) {
  EXPECT_EQ(ask("GET /healthz").status, 200);
  EXPECT_EQ(ask("GET /readyz").status, 503);
  for (const char* line : {"GET /metrics", "GET /page", "POST /page", "DELETE /page", "OPTIONS /page",
                           "GET /absent", "GET /healthz/../page", "GET /page?path=/healthz"}) {
    const auto answer = ask(line);
    EXPECT_EQ(answer.status, 401) << line;
    EXPECT_NE(answer.head.find("WWW-Authenticate: Bearer"), std::string::npos) << line;
  }
  EXPECT_EQ(handled_, 0);
  EXPECT_EQ(ask("GET /page?a=1", bearer_).body, "a=1");
  EXPECT_EQ(ask("GET /page", "Cookie: ptero_token=" + token + "\r\n").status, 200);
  EXPECT_EQ(ask("GET /page", "Authorization: Bearer wrong\r\n").status, 401);
  const auto page = ask("GET /metrics", bearer_).body;
  EXPECT_NE(page.find("ptero_http_refused_total{reason=\"no_token\"} 8"), std::string::npos) << page;
  EXPECT_NE(page.find("ptero_http_refused_total{reason=\"wrong_token\"} 1"), std::string::npos) << page;
}

TEST_F(Guarded, AnUpgradeToAWebSocketNeedsItToo) {
  const std::string upgrade =
      "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  // Full from the start, so that the answer ends.
  const auto& push = server_->add_push("/live", {.max_clients = 0});
  EXPECT_EQ(ask("GET /live", upgrade).status, 401);
  EXPECT_EQ(ask("GET /live", upgrade + "Cookie: ptero_token=wrong\r\n").status, 401);
  EXPECT_EQ(ask("GET /live", upgrade + bearer_ + "Origin: http://elsewhere\r\n").status, 403);
  EXPECT_EQ(push.stats().refused, 0u);
  ask("GET /live", upgrade + "Cookie: ptero_token=" + token + "\r\nOrigin: http://here\r\n");
  EXPECT_EQ(push.stats().refused, 1u) << "let in as far as the WebSocket itself";
}

TEST_F(Guarded, ALinkWithTheTokenBecomesACookie) {
  const auto answer = ask("GET /page?a=1&token=" + token + "&b=2");
  EXPECT_EQ(answer.status, 303);
  EXPECT_NE(answer.head.find("Location: ./page?a=1&b=2\r\n"), std::string::npos) << answer.head;
  EXPECT_NE(answer.head.find("Set-Cookie: ptero_token=" + token + "; Path=/; HttpOnly; SameSite=Lax"),
            std::string::npos);
  EXPECT_EQ(handled_, 0);
  EXPECT_EQ(ask("GET /page?token=" + token + "x").status, 401);
  EXPECT_EQ(ask("POST /page?token=" + token).status, 401) << "forms of other sites could send it";
  // A path that was encoded for mischief is not sent on.
  EXPECT_NE(ask("GET /%0d%0aSet-Cookie:x=y?token=" + token).head.find("Location: /\r\n"), std::string::npos);
  EXPECT_EQ(ask("GET //elsewhere.org/?token=" + token).head.find("Location: //"), std::string::npos);
}

/// Below the path of a proxy it stays there, and its token is that folder's alone.
TEST_F(Guarded, ALinkToThePageKeepsToItsFolder) {
  const auto answer = ask("GET /?token=" + token);
  EXPECT_NE(answer.head.find("Location: ./\r\n"), std::string::npos) << answer.head;
  EXPECT_NE(answer.head.find("Set-Cookie: ptero_token=" + token + "; HttpOnly; SameSite=Lax\r\n"),
            std::string::npos)
      << answer.head;
}

TEST_F(Guarded, ABrowserIsShownHowToGetIn) {
  const auto page = ask("GET /", "Accept: text/html,application/xhtml+xml\r\n");
  EXPECT_EQ(page.status, 401);
  EXPECT_NE(page.head.find("text/html"), std::string::npos);
  EXPECT_NE(page.body.find("A token is needed"), std::string::npos);
  EXPECT_NE(page.body.find("name=\"token\""), std::string::npos);
  const auto wrong = ask("GET /?token=of-another-port-entirely", "Accept: text/html\r\n");
  EXPECT_EQ(wrong.status, 401);
  EXPECT_NE(wrong.body.find("The token is wrong"), std::string::npos);
  EXPECT_EQ(wrong.body.find(token), std::string::npos);
  EXPECT_EQ(ask("GET /").body,
            "a token is needed: open this address with ?token=TOKEN, or send Authorization: Bearer TOKEN\n");
}

TEST_F(Guarded, RefusalsAreLoggedNowAndThenAndWithoutTheToken) {
  testing::internal::CaptureStderr();
  init_logging({});
  for (int i = 0; i < 50; ++i) ask("GET /page?token=" + token.substr(1));
  ask("GET /page?token=" + token);
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_NE(log.find("HTTP request refused why=wrong_token from=127.0.0.1 path=/page"), std::string::npos)
      << log;
  EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 1) << log;
  EXPECT_EQ(log.find(token.substr(1)), std::string::npos);
}

TEST_F(Guarded, AnAddressBehindATokenMayBeExposed) {
  EXPECT_NO_THROW(HttpServer({.address = "0.0.0.0", .token_file = (scratch_ / "token").string()}));
  EXPECT_THROW(HttpServer({.address = "0.0.0.0", .token_file = (scratch_ / "absent").string()}), InputError);
}

}  // namespace
}  // namespace ptero::telemetry
