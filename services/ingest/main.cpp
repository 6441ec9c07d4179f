#include <ptero/services/host/host.hpp>
#include <ptero/services/ingest/ingest.hpp>

int main(int argc, char** argv) {
  using namespace ptero;
  return host::run_service(argc, argv, "ingest", 9101, [](const config::Section& section) -> host::Make {
    return [options = ingest::IngestOptions::from(section)](transport::Context& context) {
      auto service = std::make_shared<ingest::Ingest>(context, options);
      return std::pair(std::shared_ptr<void>(service), host::hosted(*service));
    };
  });
}
