#pragma once
// The samples of one arm, gathered into positions by unit. Private to the room.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <ptero/positions/joiner.hpp>

namespace ptero::positions {

/// What came of one unit, a frame's worth of samples.
struct Group {
  std::uint64_t unit = 0;
  std::uint64_t have = 0;  ///< bit i: sample i came; above 64 samples a frame the ends alone (bits 0 and 63)
  std::uint32_t count = 0;
  double x = 0, y = 0;  ///< sum (mean), the one in use (first, last), or first (mid)
  double last_x = 0, last_y = 0;
  double monitor = 0;  ///< sum
};

enum class Added : std::uint8_t { kept, settling, duplicate, late, doubtful };

/// The first index that belongs to a frame.
std::uint64_t first_index(const JoinOptions& options);

class Run {
 public:
  /// Looks at `options` as long as it lives.
  Run(const JoinOptions& options, std::string arm_time, std::int64_t started_ns);

  /// An index far above all before it is doubtful until the next sample says one beside it: one that is
  /// damaged would make all later ones late.
  Added add(const Sample& sample, std::int64_t now_ns);
  void stop(bool complete, std::string reason);
  /// Doubtful ones that nothing confirmed.
  std::uint64_t misnumbered() const { return misnumbered_ + (doubtful_ ? 1 : 0); }
  /// The first position lies far from all that follow closely, as what a controller holds of an earlier scan
  /// does. nullopt: too few have come to say.
  std::optional<bool> first_is_left_over() const;
  /// Forgets every position; what comes is counted elsewhere from now on.
  void clear();

  const Group* find(std::uint64_t unit) const;
  /// All that its position needs is there.
  bool complete(const Group& group) const;
  /// Nothing more will come for this unit: later indexes came, or the end.
  bool final(std::uint64_t unit) const;
  /// The nearest with a finite position; nullptr: none. `after` has one only when all between are final too.
  const Group* usable_before(std::uint64_t unit) const;
  const Group* usable_after(std::uint64_t unit) const;
  /// In the stage's axes.
  std::array<double, 2> position(const Group& group) const;
  bool usable(const Group& group) const;
  std::optional<double> monitor(const Group& group) const;

  std::uint64_t unit_of(std::uint64_t index) const;
  const std::vector<Group>& groups() const { return groups_; }
  std::optional<std::uint64_t> highest_index() const { return highest_; }
  /// Indexes between first_index() and the highest that never came.
  std::uint64_t holes() const;
  bool stopped() const { return stopped_; }

  std::string arm_time;
  std::string end_reason;
  bool said_complete = true;
  std::int64_t started_ns;
  std::optional<std::int64_t> first_sample_ns;
  std::uint64_t samples = 0;  ///< kept

 private:
  Added take(const Sample& sample);
  bool is_far_ahead(std::uint64_t index) const;
  /// Indexes below it are final.
  std::uint64_t watermark() const;
  Group& group_for(std::uint64_t unit);

  const JoinOptions* options_;
  std::vector<Group> groups_;  // by unit, rising
  std::optional<std::uint64_t> highest_;
  std::optional<Sample> doubtful_;
  std::uint64_t misnumbered_ = 0;
  std::uint64_t counted_ = 0;  // samples from first_index() on
  bool stopped_ = false;
};

}  // namespace ptero::positions
