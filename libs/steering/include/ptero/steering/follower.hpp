#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <ptero/steering/advice.hpp>
#include <set>
#include <utility>

namespace ptero::steering {

struct FollowerOptions {
  Bounds reach;                            ///< of the stage: it goes nowhere else, whatever an advice says
  double same_place_m = 1e-9;              ///< places that round to the same multiple of it are one
  double unheard_within_s = 0.3;           ///< an advice issued so soon after an exposure may not know of it
  std::size_t most_exposures = 1'000'000;  ///< then it stops by itself
};

/// What the scan does next.
struct Order {
  enum class Kind : std::uint8_t {
    measure,  ///< go to `place` and expose there
    wait,     ///< nothing may be followed now
    stop,     ///< the scan is over
  };
  Kind kind = Kind::wait;
  Position place;            ///< of measure
  std::uint64_t advice = 0;  ///< the one that says so; 0: none does
};

/// The core of a scan controller: follows the newest advice while it is accepted and has not expired, leaves
/// out what was measured meanwhile and what lies beyond the stage's reach. Whoever asks next() before a move
/// and again at its end never exposes on old advice. The newest word is the one heard last, whatever its id:
/// a classifier that starts again may count from anywhere. The clock is the caller's, the one of the advice's
/// times, and does not run backwards. For one thread at a time.
class Follower {
 public:
  /// Throws InputError for a reach without area and times or lengths that are not positive.
  explicit Follower(FollowerOptions options);

  /// The newest word; nullopt: nothing may be followed. Advice that was replaced or taken back before is
  /// ignored.
  void hear(const std::optional<Advice>& advice);
  Order next(std::int64_t now_ns);
  /// An exposure was made where an order said.
  void measured(const Position& place, std::int64_t now_ns);

  std::size_t exposures() const { return places_.size(); }
  /// The newest advice waits for somebody's word.
  bool undecided() const { return advice_ && advice_->standing == Standing::proposed; }
  /// Places of the newest advice that are beyond the stage's reach, as far as it was followed.
  std::size_t beyond_reach() const { return beyond_reach_; }

 private:
  using Place = std::pair<std::int64_t, std::int64_t>;
  Place place_of(const Position& position) const;

  FollowerOptions options_;
  std::optional<Advice> advice_;
  std::set<std::uint64_t> over_;  // ids of advice that was replaced or taken back
  std::size_t next_point_ = 0;    // of the advice; those before are measured or out of reach
  std::size_t beyond_reach_ = 0;
  std::set<Place> places_;
  std::int64_t last_exposure_ns_ = 0;
};

}  // namespace ptero::steering
