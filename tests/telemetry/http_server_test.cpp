#include <gtest/gtest.h>

#include <memory>
#include <ptero/core/error.hpp>
#include <ptero/telemetry/http_server.hpp>
#include <ptero/telemetry/metrics.hpp>
#include <stdexcept>

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
  server.add_handler("/api/echo", [&](const HttpRequest& request) {
    seen = request;
    return HttpResponse{201, "{}", "application/json"};
  });
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
  server.add_handler("/in", [](const HttpRequest&) { return HttpResponse{}; });
  EXPECT_EQ(ask(server.port(), "POST", "/in", "1234").status, 200);
  EXPECT_EQ(ask(server.port(), "POST", "/in", "12345").status, 413);
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
