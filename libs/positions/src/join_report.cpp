#include <ptero/positions/join_report.hpp>

namespace ptero::positions {

std::uint64_t JoinReport::unpositioned() const {
  std::uint64_t sum = 0;
  for (const JoinOutcome outcome : all_join_outcomes)
    if (!has_position(outcome)) sum += (*this)[outcome];
  return sum;
}

}  // namespace ptero::positions
