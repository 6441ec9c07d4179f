#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <ptero/telemetry/state_push.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace ptero::telemetry {

struct HttpOptions {
  std::string address = "127.0.0.1";
  int port = 0;  ///< 0: the system picks a free one, see HttpServer::port
  /// File with the token that clients have to show (http_access.hpp), for everything but /healthz and
  /// /readyz; empty: whoever reaches the port may ask.
  std::string token_file;
  bool insecure = false;  ///< allow an address others can reach although no token is asked for
  std::string section;    ///< configuration section named in error messages: "ingest"
  /// Names of this host that others use for it where no token is asked for; addresses and names without a dot
  /// are let in anyway. Whatever else a browser asks by may be a name that means this host for a moment only.
  std::vector<std::string> hosts;
  int threads = 16;       ///< requests answered at once; a client holds none before its request is whole
  int timeout_ms = 3000;  ///< to send the head of a request (four times that: its body) or take an answer
  std::size_t max_body_bytes = 1 << 20;
};

struct HttpRequest {
  std::string method;
  std::string path;
  std::string query;                           ///< as sent, without the '?'
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string body;
  std::string remote;  ///< the address it came from
};

struct HttpResponse {
  int status = 200;
  std::string body;
  std::string content_type = "text/plain; charset=utf-8";
  std::map<std::string, std::string> headers =
      {};  ///< more of them; Cache-Control is no-store unless it is here
};

/// One port a service for whatever is asked over HTTP. `/healthz` answers 200 "ok" from the start, whatever
/// other clients do, `/readyz` 503 until a readiness check is set and content. Listening starts in the
/// constructor; the destructor waits for running handlers. Members may be called from any thread; handlers
/// run on the server's threads, several at once. Ignores SIGPIPE in the process. Where a token is asked for,
/// no handler sees a request without it; what was refused is counted on /metrics as
/// `ptero_http_refused_total`.
class HttpServer {
 public:
  using Handler = std::function<HttpResponse(const HttpRequest&)>;

  /// InputError when the address is not loopback and there is neither a token nor `insecure`, when the token
  /// cannot be read, or the address not be listened on.
  explicit HttpServer(const HttpOptions& options);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  int port() const;
  /// "http://127.0.0.1:9100"
  std::string url() const;

  /// Answers `path` exactly, to the methods in `allow` (separated by ", "); others are answered with 405. An
  /// exception in the handler is answered with 500; a body over the limit with 413.
  void add_handler(const std::string& path, Handler handler, const std::string& allow = "GET, HEAD");
  /// A WebSocket at `path`, which the guard lets in as any request. Lives as long as the server.
  StatePush& add_push(const std::string& path, const PushOptions& options = {});
  /// `/metrics`: Prometheus text, such as [&] { return metrics.text(); }.
  void set_metrics(std::function<std::string()> text);
  /// `/readyz`: what is not ready, in words; empty = 200, else 503 with {"not_ready": [...]}.
  void set_readiness(std::function<std::vector<std::string>()> not_ready);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ptero::telemetry
