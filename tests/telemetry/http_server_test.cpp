#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <ptero/core/error.hpp>
#include <ptero/telemetry/http_server.hpp>
#include <ptero/telemetry/metrics.hpp>
#include <stdexcept>
#include <thread>

#include "support/eventually.hpp"
#include "support/http_client.hpp"

namespace ptero::telemetry {
namespace {

std::string refusal(const HttpOptions& options) {
  try {
    HttpServer server(options);
  } catch (const InputError& error) {
    return error.what();
  }
  return "it listens";
}

TEST(HttpServer, IsAliveFromTheStartAndReadyWhenToldSo) {
  HttpServer server({});
  ASSERT_GT(server.port(), 0);
  EXPECT_EQ(server.url(), "http://127.0.0.1:" + std::to_string(server.port()));
  EXPECT_EQ(get(server.port(), "/healthz").body, "ok\n");

  const Answer starting = get(server.port(), "/readyz");
  EXPECT_EQ(starting.status, 503);
  EXPECT_EQ(starting.body, "{\"not_ready\": [\"starting\"]}\n");

  server.set_readiness([] { return std::vector<std::string>{"no \"detector\"", "spool"}; });
  EXPECT_EQ(get(server.port(), "/readyz").body, "{\"not_ready\": [\"no \\\"detector\\\"\", \"spool\"]}\n");

  server.set_readiness([] { return std::vector<std::string>{}; });
  EXPECT_EQ(get(server.port(), "/readyz").status, 200);
}

TEST(HttpServer, ServesMetrics) {
  Metrics metrics;
  metrics.counter("ptero_ingest_frames_total").add(3);
  HttpServer server({});
  EXPECT_EQ(get(server.port(), "/metrics").status, 404);
  server.set_metrics([&] { return metrics.text(); });
  const Answer answer = get(server.port(), "/metrics");
  EXPECT_EQ(answer.status, 200);
  EXPECT_NE(answer.head.find("text/plain; version=0.0.4"), std::string::npos);
  EXPECT_NE(answer.body.find("ptero_ingest_frames_total 3"), std::string::npos);
}

TEST(HttpServer, HandsTheRequestOver) {
  HttpServer server({});
  HttpRequest seen;
  server.add_handler(
      "/api/echo",
      [&](const HttpRequest& request) {
        seen = request;
        return HttpResponse{201, "{}", "application/json"};
      },
      "POST");
  const Answer answer = ask(server.port(), "POST", "/api/echo?a=1&b=%20", "hello");
  EXPECT_EQ(answer.status, 201);
  EXPECT_EQ(answer.body, "{}");
  EXPECT_EQ(seen.method, "POST");
  EXPECT_EQ(seen.path, "/api/echo");
  EXPECT_EQ(seen.query, "a=1&b=%20");
  EXPECT_EQ(seen.headers.at("x-test"), "yes");
  EXPECT_EQ(seen.body, "hello");
}

TEST(HttpServer, PathsMatchExactlyAndNoFileIsServed) {
  HttpServer server({});
  for (const char* path : {"/", "/healthz/x", "/CMakeLists.txt", "/../etc/passwd"})
    EXPECT_EQ(get(server.port(), path).status, 404) << path;
}

TEST(HttpServer, HeadHasNoBody) {
  HttpServer server({});
  const Answer answer = ask(server.port(), "HEAD", "/healthz");
  EXPECT_EQ(answer.status, 200);
  EXPECT_NE(answer.head.find("Content-Length: 3"), std::string::npos);
  EXPECT_TRUE(answer.body.empty());
}

TEST(HttpServer, AThrowingHandlerIsAnInternalError) {
  HttpServer server({});
  server.add_handler("/bad", [](const HttpRequest&) -> HttpResponse { throw std::runtime_error("oops"); });
  const Answer answer = get(server.port(), "/bad");
  EXPECT_EQ(answer.status, 500);
  EXPECT_EQ(answer.body, "internal error: oops\n");
  EXPECT_EQ(get(server.port(), "/healthz").status, 200);
}

TEST(HttpServer, ALongBodyIsRefused) {
  HttpServer server({.max_body_bytes = 4});
  server.add_handler(
      "/in", [](const HttpRequest&) { return HttpResponse{}; }, "POST");
  EXPECT_EQ(ask(server.port(), "POST", "/in", "1234").status, 200);
  EXPECT_EQ(ask(server.port(), "POST", "/in", "12345").status, 413);
}

TEST(HttpServer, OtherMethodsAreToldWhichAreAnswered) {
  HttpServer server({});
  server.set_metrics([] { return std::string("x 1\n"); });
  server.add_handler(
      "/do", [](const HttpRequest&) { return HttpResponse{}; }, "POST");
  for (const char* path : {"/healthz", "/readyz", "/metrics"})
    for (const char* method : {"DELETE", "PUT", "POST", "PATCH", "OPTIONS"}) {
      const Answer answer = ask(server.port(), method, path);
      EXPECT_EQ(answer.status, 405) << method << " " << path;
      EXPECT_NE(answer.head.find("\r\nAllow: GET, HEAD\r\n"), std::string::npos) << method << " " << path;
    }
  EXPECT_NE(get(server.port(), "/do").head.find("\r\nAllow: POST\r\n"), std::string::npos);
  EXPECT_EQ(ask(server.port(), "POST", "/do").status, 200);
}

TEST(HttpServer, EveryAnswerKeepsBrowsersFromGuessingAndFraming) {
  HttpServer server({});
  for (const char* path : {"/healthz", "/readyz", "/nothing"}) {
    const Answer answer = get(server.port(), path);
    EXPECT_NE(answer.head.find("X-Content-Type-Options: nosniff"), std::string::npos) << path;
    EXPECT_NE(answer.head.find("frame-ancestors 'none'"), std::string::npos) << path;
  }
}

TEST(HttpServer, SilentClientsDoNotBlockOthers) {
  HttpServer server({.threads = 2, .timeout_ms = 100});
  std::vector<std::unique_ptr<RawClient>> silent;
  for (int i = 0; i < 4; ++i) {
    silent.push_back(std::make_unique<RawClient>(server.port()));
    ASSERT_TRUE(silent.back()->connected());
    silent.back()->send("GET /healthz");
  }
  EXPECT_EQ(get(server.port(), "/healthz").status, 200);
}

std::vector<std::unique_ptr<RawClient>> clients_that_begin(int port, int count, const std::string& text) {
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < count; ++i) {
    clients.push_back(std::make_unique<RawClient>(port));
    EXPECT_TRUE(clients.back()->connected());
    clients.back()->send(text);
  }
  return clients;
}

/// They are given far longer than the test takes: what is answered meanwhile waits for none of them.
TEST(HttpServer, SixtySlowClientsSilenceNothing) {
  HttpServer server({.threads = 4, .timeout_ms = 600'000});
  server.add_handler(
      "/in",
      [](const HttpRequest& r) {
        return HttpResponse{200, r.body};
      },
      "POST");
  for (const char* begun :
       {"", "GET /readyz HTT", "POST /in HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nsome"}) {
    const auto slow = clients_that_begin(server.port(), 60, begun);
    EXPECT_EQ(get(server.port(), "/healthz").status, 200) << begun;
    EXPECT_EQ(get(server.port(), "/readyz").status, 503) << begun;
    EXPECT_EQ(ask(server.port(), "POST", "/in", "a body").body, "a body") << begun;
  }
}

/// Handlers that do not end, and clients that do not read, take all threads; health needs none.
TEST(HttpServer, HealthIsAnsweredWhileEveryThreadIsTaken) {
  HttpServer server({.threads = 4, .timeout_ms = 600'000});
  std::atomic<bool> over = false;
  std::atomic<int> inside = 0;
  server.add_handler("/long", [&](const HttpRequest&) {
    ++inside;
    while (!over) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return HttpResponse{};
  });
  auto busy = clients_that_begin(server.port(), 8, "GET /long HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_TRUE(test::eventually([&] { return inside == 2; })) << "an address leaves two threads to others";
  EXPECT_EQ(get(server.port(), "/healthz").body, "ok\n");
  over = true;
}

TEST(HttpServer, WhoIsTooSlowIsTold) {
  HttpServer server({.timeout_ms = 50});
  server.set_metrics([] { return std::string(); });
  server.add_handler(
      "/in",
      [](const HttpRequest& r) {
        return HttpResponse{200, r.body};
      },
      "POST");
  for (const char* begun : {"GET /metr", "POST /in HTTP/1.1\r\nContent-Length: 9\r\n\r\nhalf"}) {
    RawClient client(server.port());
    client.send(begun);
    EXPECT_TRUE(client.receive_all().starts_with("HTTP/1.1 408 ")) << begun;
  }
  EXPECT_NE(get(server.port(), "/metrics").body.find("ptero_http_refused_total{reason=\"slow\""),
            std::string::npos)
      << get(server.port(), "/metrics").body;
}

TEST(HttpServer, AClientCannotSayWhereItComesFrom) {
  HttpServer server({});
  // A client cannot say where it comes from.
  std::string from;
  server.add_handler("/who", [&](const HttpRequest& r) {
    from = r.remote + (r.headers.contains("x-ptero-door") ? " and more" : "");
    return HttpResponse{};
  });
  RawClient client(server.port());
  client.send(
      "GET /who HTTP/1.1\r\nHost: x\r\nX-Ptero-Door: 0123456789abcdef0123456789abcdef 10.1.1.1\r\n\r\n");
  EXPECT_TRUE(client.receive_all().starts_with("HTTP/1.1 200 "));
  EXPECT_EQ(from, "127.0.0.1");
}

TEST(HttpServer, AHeadWithoutEndIsRefused) {
  HttpServer server({});
  RawClient client(server.port());
  client.send("GET / HTTP/1.1\r\nX: " + std::string(20'000, 'x'));
  EXPECT_TRUE(client.receive_all().starts_with("HTTP/1.1 431 "));
}

TEST(HttpServer, ALongAnswerComesWholeToWhoReadsSlowly) {
  HttpServer server({});
  const std::string body(3'000'000, 'z');
  server.add_handler("/long", [&](const HttpRequest&) { return HttpResponse{200, body}; });
  EXPECT_EQ(get(server.port(), "/long").body, body);
}

TEST(HttpServer, GarbageIsAnsweredAndForgotten) {
  HttpServer server({});
  {
    RawClient client(server.port());
    client.send(std::string("\x00\xff\x16\x03garbage\r\n\r\n", 15));
    client.receive_all();
  }
  EXPECT_EQ(get(server.port(), "/healthz").status, 200);
}

TEST(HttpServer, APortInUseNamesTheKeyToChange) {
  HttpServer first({});
  const std::string port = std::to_string(first.port());
  EXPECT_EQ(
      refusal({.port = first.port(), .section = "ingest"}),
      "cannot listen on 127.0.0.1:" + port +
          " (address already in use); choose another port with [ingest] http_port or stop the other process");
}

TEST(HttpServer, AnotherHostsAddressCannotBeListenedOn) {
  EXPECT_EQ(refusal({.address = "192.0.2.1", .port = 9100, .insecure = true, .section = "ingest"}),
            "cannot listen on 192.0.2.1:9100 (cannot assign requested address); "
            "choose another [ingest] http_address or [ingest] http_port");
}

TEST(HttpServer, ExposedAddressesNeedInsecure) {
  for (const char* address : {"0.0.0.0", "192.0.2.1"})
    EXPECT_EQ(refusal({.address = address, .port = 9100, .section = "ingest"}),
              "will not listen on " + std::string(address) +
                  ":9100 (anybody who reaches this address could read and control the service); "
                  "use 127.0.0.1, ask for a token with [ingest] http_token_file, or allow it with "
                  "[ingest] http_insecure = true");
  EXPECT_EQ(
      refusal({.address = "::", .port = 9100}),
      "will not listen on [::]:9100 (anybody who reaches this address could read and control the service); "
      "use 127.0.0.1, ask for a token with http_token_file, or allow it with http_insecure = true");
  EXPECT_EQ(refusal({.address = "0.0.0.0", .insecure = true}), "it listens");
}

TEST(HttpServer, NamesAreNotAddresses) {
  EXPECT_EQ(refusal({.address = "beamline", .section = "live"}),
            "cannot listen on beamline:0 (not an IP address); "
            "give [live] http_address as 127.0.0.1 or the address of this host");
}

}  // namespace
}  // namespace ptero::telemetry
