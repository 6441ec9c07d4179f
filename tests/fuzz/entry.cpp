// libFuzzer's door, built once for each target.
#include "targets.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ptero::fuzz::PTERO_FUZZ_TARGET(std::as_bytes(std::span(data, size)));
  return 0;
}
