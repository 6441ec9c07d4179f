#include <exception>

#include <ptero/services/host/host.hpp>

#include "commands.hpp"

int main(int argc, char** argv) {
  try {
    return ptero::tools::run_command_line(argc, argv);
  } catch (...) {
    return ptero::host::report_exception("ptero", std::current_exception());
  }
}
