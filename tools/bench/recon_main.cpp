// ptero-bench-recon [cpu|cuda]: the reconstruction's benchmark where only the algorithm rooms are built.

#include <cstring>
#include <exception>
#include <iostream>
#include <ptero/core/error.hpp>

#include "bench/bench.hpp"

int main(int argc, char** argv) {
  const bool cuda = argc == 2 && std::strcmp(argv[1], "cuda") == 0;
  if (argc > 2 || (argc == 2 && !cuda && std::strcmp(argv[1], "cpu") != 0)) {
    std::cerr << "ptero-bench-recon: one argument, cpu or cuda\n";
    return 2;
  }
  try {
    return cuda ? ptero::tools::bench_recon_cuda() : ptero::tools::bench_recon();
  } catch (const ptero::InputError& error) {
    std::cerr << "ptero-bench-recon: " << error.what() << '\n';
    return 2;
  } catch (const std::exception& error) {
    std::cerr << "ptero-bench-recon: " << error.what() << '\n';
    return 1;
  }
}
