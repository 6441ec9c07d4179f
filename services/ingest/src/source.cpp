#include "source.hpp"

namespace ptero::ingest {

std::size_t Incoming::bytes() const {
  std::size_t sum = 0;
  for (const auto& part : parts) sum += part.size();
  return sum;
}

}  // namespace ptero::ingest
