#include <malloc.h>

#include <string_view>

#include <ptero/services/ddip/commands.hpp>
#include <ptero/services/ddip/worker.hpp>
#include <ptero/services/host/host.hpp>

#include "studies/du2021/command.hpp"

namespace {

ptero::host::Make from_section(const ptero::config::Section& section) {
  return [options = ptero::ddip::WorkerOptions::from(section)](ptero::transport::Context& context) {
    auto worker = std::make_shared<ptero::ddip::Worker>(context, options);
    return std::pair(std::shared_ptr<void>(worker), ptero::host::hosted(*worker));
  };
}

}  // namespace

int main(int argc, char** argv) {
  // A step frees and takes the same hundreds of megabytes again; given back to the kernel in between, every
  // page would be cleared anew.
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  const std::string_view command = argc > 1 ? argv[1] : "";
  if (command != "separate" && command != "bench" && command != "figures")
    return ptero::host::run_service(argc, argv, "ddip", 9105, from_section);
  try {
    return command == "figures" ? ptero::tools::run_du2021_command(argc, argv)
                                : ptero::ddip::run_command(argc, argv);
  } catch (...) {
    return ptero::host::report_exception("ptero ddip", std::current_exception());
  }
}
