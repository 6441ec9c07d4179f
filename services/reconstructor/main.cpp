#include <ptero/services/host/host.hpp>
#include <ptero/services/reconstructor/reconstructor.hpp>

int main(int argc, char** argv) {
  using namespace ptero;
  return host::run_service(argc, argv, "reconstructor", 9103,
                           [](transport::Context& context, const config::Section& section) {
                             auto service = std::make_shared<reconstructor::Reconstructor>(
                                 context, reconstructor::ReconstructorOptions::from(section));
                             host::Hosted hosted{service->service(), service->metrics(),
                                                 [&s = *service] { return s.not_ready(); }};
                             return std::pair(std::shared_ptr<void>(service), hosted);
                           });
}
