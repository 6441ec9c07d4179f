#pragma once
// What ptero-ddip does beside being a service: `ptero ddip` and `ptero bench ddip` run it.

#include <ptero/ddip/run.hpp>
#include <string>
#include <vector>

namespace ptero::ddip {

struct SeparateArguments {
  std::vector<std::string> inputs;
  std::string out = "ptero-ddip";
  std::string state;  ///< file of the networks: read where it is there, written at the end; empty: none
  std::size_t runs = 1;
  bool json = false;
  Options options = Options::fast();
  RunOptions run;
};
int separate(const SeparateArguments& arguments);

struct BenchArguments {
  std::size_t threads = 2;
  std::size_t epochs = 10;  ///< timed, behind three to warm up
  bool quality = false;     ///< 400 epochs of both settings too, minutes
};
/// Seconds an epoch at 272 and 448 beside the convolutions' floor, our way and the authors', the memory, and
/// the live update. 1: an aim was missed.
int bench(const BenchArguments& arguments);

/// Prints how long the service takes for a product, cold and from the networks of the one before. The longest
/// of the latter in seconds.
double live_update(std::size_t threads);

/// Parses what stands behind `ptero-ddip`: separate or bench.
int run_command(int argc, char** argv);

}  // namespace ptero::ddip
