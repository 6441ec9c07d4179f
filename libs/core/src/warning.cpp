#include <algorithm>

#include <ptero/core/warning.hpp>

namespace ptero {

void merge(Warnings& into, const Warnings& more) {
  for (const Warning& warning : more)
    if (std::find(into.begin(), into.end(), warning) == into.end()) into.push_back(warning);
}

}  // namespace ptero
