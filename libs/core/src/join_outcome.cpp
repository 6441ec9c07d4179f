#include <ptero/core/contract.hpp>
#include <ptero/core/join_outcome.hpp>

namespace ptero {

std::string_view name_of(JoinOutcome outcome) {
  static constexpr std::array<std::string_view, all_join_outcomes.size()> names = {
      "joined",       "held",  "interpolated", "lost",        "not_finite",
      "out_of_range", "ended", "timed_out",    "crowded_out", "skipped"};
  const auto number = static_cast<std::size_t>(outcome);
  PTERO_EXPECT(number < names.size());
  return names[number];
}

}  // namespace ptero
