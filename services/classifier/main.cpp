#include <ptero/services/classifier/classifier.hpp>
#include <ptero/services/host/host.hpp>

int main(int argc, char** argv) {
  using namespace ptero;
  return host::run_service(argc, argv, "classifier", 9102, [](const config::Section& section) -> host::Make {
    return [options = classifier::ClassifierOptions::from(section)](transport::Context& context) {
      auto service = std::make_shared<classifier::Classifier>(context, options);
      return std::pair(std::shared_ptr<void>(service), host::hosted(*service));
    };
  });
}
