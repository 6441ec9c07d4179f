#include <malloc.h>

#include <exception>

#include <ptero/services/host/host.hpp>

#include "src/commands.hpp"

int main(int argc, char** argv) {
  // A step frees and takes the same hundreds of megabytes again; given back to the kernel in between, every
  // page would be cleared anew.
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  try {
    return ptero::ddip::run_command(argc, argv);
  } catch (...) {
    return ptero::host::report_exception("ptero ddip", std::current_exception());
  }
}
