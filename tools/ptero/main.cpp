#include <exception>

#include <ptero/runtime/signal_wait.hpp>
#include <ptero/services/host/host.hpp>

#include "ptero/commands.hpp"

int main(int argc, char** argv) {
  ptero::runtime::let_limits_fail_writes();
  try {
    return ptero::tools::run_command_line(argc, argv);
  } catch (...) {
    return ptero::host::report_exception("ptero", std::current_exception());
  }
}
