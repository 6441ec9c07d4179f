#pragma once

#include <cstdlib>
#include <iostream>
#include <random>
#include <string>

namespace ptero::test {

/// Of a test at random moments: PTERO_TEST_SEED where it is set, else a new one. It is printed either way.
inline unsigned seed() {
  const char* given = std::getenv("PTERO_TEST_SEED");
  const unsigned seed = given != nullptr ? unsigned(std::stoul(given)) : std::random_device{}();
  std::cout << "PTERO_TEST_SEED=" << seed << "\n";
  return seed;
}

}  // namespace ptero::test
