#pragma once

#include <cstdint>
#include <optional>
#include <ptero/core/result.hpp>
#include <ptero/steering/planner.hpp>

namespace ptero::steering {

/// Why an advice cannot be accepted or rejected.
enum class Refusal : std::uint8_t {
  unknown,  ///< no advice of this id is on the desk: withdrawn, replaced, or never given
  expired,
  decided,  ///< it was rejected before
};
std::string_view name_of(Refusal refusal);

/// Holds the one advice that may be followed now, and never another: an advice of an older revision, past its
/// time, outside its bounds or over its budget is not given. Clock and revision come from the caller and do
/// not run backwards. For one thread at a time.
class Desk {
 public:
  /// Advice gets the ids first_id, first_id + 1, ... Throws InputError as check() does.
  explicit Desk(SteeringOptions options, std::uint64_t first_id = 1);

  /// A new revision, or more frames of the same: what was there is withdrawn, and planned anew.
  void revise(const Situation& situation, std::int64_t now_ns);
  /// As revise, with an advice planned elsewhere with these options. It is checked, not believed.
  void put(std::optional<Advice> planned, std::uint64_t revision, std::int64_t now_ns);
  /// Takes away what is there: another series begins, with revisions of its own.
  void clear() {
    advice_.reset();
    revision_ = 0;
  }

  /// What may be followed or decided upon now; nullopt when there is nothing.
  std::optional<Advice> current(std::int64_t now_ns) const;
  /// What was there is not given any more for its age alone.
  bool lapsed(std::int64_t now_ns) const;
  /// Accepting twice is no mistake.
  Result<Advice, Refusal> accept(std::uint64_t id, std::int64_t now_ns);
  Result<Advice, Refusal> reject(std::uint64_t id, std::int64_t now_ns);

  const SteeringOptions& options() const { return options_; }

 private:
  Result<Advice, Refusal> decide(std::uint64_t id, Standing standing, std::int64_t now_ns);
  SteeringOptions options_;
  std::uint64_t next_id_;
  std::uint64_t revision_ = 0;
  std::optional<Advice> advice_;
};

}  // namespace ptero::steering
