#include <ptero/services/dashboard/dashboard.hpp>
#include <ptero/services/host/host.hpp>

int main(int argc, char** argv) {
  using namespace ptero;
  return host::run_service(argc, argv, "dashboard", 8080, [](const config::Section& section) -> host::Make {
    return [options = dashboard::DashboardOptions::from(section)](transport::Context& context) {
      auto service = std::make_shared<dashboard::Dashboard>(context, options);
      auto hosted = host::hosted(*service);
      hosted.http_threads = dashboard::http_threads(options);
      hosted.serve_on = [&s = *service](telemetry::HttpServer& server) { s.serve_on(server); };
      return std::pair(std::shared_ptr<void>(service), hosted);
    };
  });
}
