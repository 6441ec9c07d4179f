#include "aside.hpp"

namespace ptero::ingest {

std::string_view name_of(Aside why) {
  switch (why) {
    case Aside::stray:
      return "stray";
    case Aside::after_end:
      return "after_end";
    case Aside::number:
      return "number";
    case Aside::pixel_type:
      return "pixel_type";
    case Aside::another_shape:
      return "another_shape";
    case Aside::start:
      break;
  }
  return "start";
}

std::map<std::string, std::uint64_t> AsideCounts::by_name() const {
  std::map<std::string, std::uint64_t> out;
  for (const Aside why : all_asides)
    if (const std::uint64_t n = counts_[static_cast<std::size_t>(why)]; n > 0)
      out[std::string(ingest::name_of(why))] = n;
  return out;
}

}  // namespace ptero::ingest
