#include <civetweb.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <future>
#include <mutex>
#include <ptero/core/contract.hpp>
#include <ptero/core/error.hpp>
#include <ptero/telemetry/http_server.hpp>
#include <ptero/telemetry/json_string.hpp>

#include "http_door.hpp"
#include "http_guard.hpp"
#include "http_text.hpp"
#include "listen_address.hpp"

namespace ptero::telemetry {

namespace {

// Nothing when the body is longer than allowed.
std::optional<std::string> read_body(mg_connection* connection, std::size_t max_bytes) {
  const mg_request_info& info = *mg_get_request_info(connection);
  if (info.content_length > 0 && static_cast<std::size_t>(info.content_length) > max_bytes)
    return std::nullopt;
  std::string body;
  std::array<char, 4096> buffer;
  for (int n; (n = mg_read(connection, buffer.data(), buffer.size())) > 0;) {
    if (body.size() + static_cast<std::size_t>(n) > max_bytes) return std::nullopt;
    body.append(buffer.data(), static_cast<std::size_t>(n));
  }
  return body;
}

HttpRequest describe(const mg_request_info& info, const detail::HttpDoor& door) {
  HttpRequest request;
  request.method = info.request_method;
  request.path = info.local_uri ? info.local_uri : "";
  request.query = info.query_string ? info.query_string : "";
  for (int i = 0; i < info.num_headers; ++i) {
    std::string name = info.http_headers[i].name;
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    request.headers.emplace(std::move(name), info.http_headers[i].value);
  }
  // The door's own comes first, and the first one counts.
  if (const auto from = request.headers.find(detail::HttpDoor::header); from != request.headers.end()) {
    request.remote = door.address_in(from->second);
    request.headers.erase(from);
  }
  return request;
}

void send(mg_connection* connection, const HttpResponse& response, bool with_body) {
  std::string head =
      "HTTP/1.1 " + std::to_string(response.status) + " " +
      mg_get_response_code_text(connection, response.status) + "\r\nContent-Type: " + response.content_type +
      "\r\nContent-Length: " + std::to_string(response.body.size()) + "\r\n" + detail::safe_headers;
  if (!response.headers.contains("Cache-Control")) head += "Cache-Control: no-store\r\n";
  for (const auto& [name, value] : response.headers) head += name + ": " + value + "\r\n";
  head += "Connection: close\r\n\r\n";
  mg_write(connection, head.data(), head.size());
  if (with_body) mg_write(connection, response.body.data(), response.body.size());
}

/// Whether a method is one of a list such as "GET, HEAD".
bool allows(std::string_view list, std::string_view method) {
  const auto at = list.find(method);
  const auto end = at + method.size();
  return !method.empty() && at != list.npos && (at == 0 || list[at - 1] == ' ') &&
         (end == list.size() || list[end] == ',');
}

HttpResponse readiness_answer(const std::vector<std::string>& not_ready) {
  if (not_ready.empty()) return {200, "ready\n"};
  std::string list;
  for (const auto& what : not_ready) list += (list.empty() ? "" : ", ") + json_string(what);
  return {503, "{\"not_ready\": [" + list + "]}\n", "application/json"};
}

}  // namespace

struct HttpServer::Impl {
  explicit Impl(const HttpOptions& given) : options(given), guard(given), door(given) {}

  struct Route {
    Handler handler;
    std::string allow;
  };
  const HttpOptions options;
  detail::HttpGuard guard;
  std::mutex mutex;
  std::map<std::string, Route> routes;
  std::string complaint;  // civetweb's first: the root of the trouble
  mg_context* context = nullptr;
  int inner_port = 0;                              // on loopback, behind the door
  std::vector<std::unique_ptr<StatePush>> pushes;  // until civetweb has stopped
  detail::HttpDoor door;

  HttpResponse respond(mg_connection* connection) {
    HttpRequest request = describe(*mg_get_request_info(connection), door);
    Route route;
    {
      std::lock_guard lock(mutex);
      if (const auto found = routes.find(request.path); found != routes.end()) route = found->second;
    }
    if (!route.handler) return {404, "not found\n"};
    if (!allows(route.allow, request.method))
      return {
          .status = 405, .body = "this answers " + route.allow + "\n", .headers = {{"Allow", route.allow}}};
    std::optional<std::string> body = read_body(connection, options.max_body_bytes);
    if (!body) return {413, "the body is longer than " + std::to_string(options.max_body_bytes) + " bytes\n"};
    request.body = std::move(*body);
    try {
      return route.handler(request);
    } catch (const std::exception& error) {
      return {500, std::string("internal error: ") + error.what() + "\n"};
    } catch (...) {
      return {500, "internal error\n"};
    }
  }

  static int answer(mg_connection* connection, void* self) {
    const HttpResponse response = static_cast<Impl*>(self)->respond(connection);
    send(connection, response, std::string_view(mg_get_request_info(connection)->request_method) != "HEAD");
    return response.status;
  }

  /// civetweb asks before any handler, that of a WebSocket included. 0: answered already.
  static int authorise(mg_connection* connection, void* self) {
    auto& impl = *static_cast<Impl*>(self);
    return impl.guard.lets_in(connection, describe(*mg_get_request_info(connection), impl.door));
  }

  static int take_complaint(const mg_connection* connection, const char* message) {
    auto* self = static_cast<Impl*>(mg_get_user_data(mg_get_context(connection)));
    std::lock_guard lock(self->mutex);
    if (self->complaint.empty()) self->complaint = message;
    return 1;
  }

  void start() {
    [[maybe_unused]] static const unsigned once = mg_init_library(0);
    const std::string listen = "127.0.0.1:0";
    const std::string threads = std::to_string(options.threads);
    const std::string timeout = std::to_string(options.timeout_ms);
    // No document_root: nothing of the disk is served. No answer to a preflight: by itself civetweb would let
    // pages of any site ask for anything.
    const char* settings[] = {"listening_ports",
                              listen.c_str(),
                              "num_threads",
                              threads.c_str(),
                              "request_timeout_ms",
                              timeout.c_str(),
                              "enable_keep_alive",
                              "no",
                              "access_control_allow_methods",
                              "",
                              nullptr};
    mg_callbacks callbacks{};
    callbacks.log_message = take_complaint;
    context = mg_start(&callbacks, this, settings);
    if (!context) throw Error("the HTTP server does not start: " + complaint);
    mg_server_port bound[1] = {};
    PTERO_ASSERT(mg_get_server_ports(context, 1, bound) == 1);
    inner_port = bound[0].port;
    mg_set_auth_handler(context, "**", authorise, this);
    mg_set_request_handler(context, "**", answer, this);
    door.open(inner_port, [this](detail::HttpDoor::Turned why) { guard.count(why); });
  }
};

HttpServer::HttpServer(const HttpOptions& options) {
  PTERO_EXPECT(options.port >= 0 && options.port <= 65535 && options.threads > 0 && options.timeout_ms > 0);
  detail::check_address(options);
  impl_ = std::make_unique<Impl>(options);
  set_readiness([] { return std::vector<std::string>{"starting"}; });
  impl_->start();
}

HttpServer::~HttpServer() {
  for (const auto& push : impl_->pushes) push->close();
  // civetweb looks at its stop flag only every 2 s, or when somebody connects.
  std::future<void> stopped = std::async(std::launch::async, [this] { mg_stop(impl_->context); });
  do detail::knock(impl_->inner_port);
  while (stopped.wait_for(std::chrono::milliseconds(5)) == std::future_status::timeout);
}

int HttpServer::port() const {
  return impl_->door.port();
}

std::string HttpServer::url() const {
  return "http://" + detail::host_and_port(impl_->options.address, impl_->door.port());
}

void HttpServer::add_handler(const std::string& path, Handler handler, const std::string& allow) {
  PTERO_EXPECT(path.starts_with('/') && handler);
  std::lock_guard lock(impl_->mutex);
  impl_->routes[path] = {std::move(handler), allow};
}

StatePush& HttpServer::add_push(const std::string& path, const PushOptions& options) {
  constexpr std::size_t for_requests = 3;  // threads that no WebSocket may take
  const auto threads = static_cast<std::size_t>(impl_->options.threads);
  const auto limit = threads > for_requests ? threads - for_requests : 1;
  const std::lock_guard lock(impl_->mutex);
  impl_->pushes.emplace_back(new StatePush(impl_->context, path, std::min(options.max_clients, limit)));
  return *impl_->pushes.back();
}

void HttpServer::set_metrics(std::function<std::string()> text) {
  add_handler("/metrics", [this, text = std::move(text)](const HttpRequest&) {
    return HttpResponse{200, text() + impl_->guard.metrics_text(),
                        "text/plain; version=0.0.4; charset=utf-8"};
  });
}

void HttpServer::set_readiness(std::function<std::vector<std::string>()> not_ready) {
  add_handler("/readyz", [not_ready = std::move(not_ready)](const HttpRequest&) {
    return readiness_answer(not_ready());
  });
}

}  // namespace ptero::telemetry
