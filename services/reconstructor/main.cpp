#include <ptero/services/host/host.hpp>
#include <ptero/services/reconstructor/reconstructor.hpp>

int main(int argc, char** argv) {
  using namespace ptero;
  return host::run_service(
      argc, argv, "reconstructor", 9103, [](const config::Section& section) -> host::Make {
        return [options = reconstructor::ReconstructorOptions::from(section)](transport::Context& context) {
          auto service = std::make_shared<reconstructor::Reconstructor>(context, options);
          return std::pair(std::shared_ptr<void>(service), host::hosted(*service));
        };
      });
}
