#include <cmath>
#include <ptero/core/error.hpp>
#include <ptero/steering/follower.hpp>

namespace ptero::steering {

Follower::Follower(FollowerOptions options) : options_(options) {
  const Bounds& b = options_.reach;
  if (!(b.width_m() > 0 && b.height_m() > 0) || !std::isfinite(b.width_m()) || !std::isfinite(b.height_m()))
    throw InputError("the stage's reach has no area", "", "give left < right and top < bottom in metres");
  if (!(options_.same_place_m > 0) || !(options_.unheard_within_s >= 0))
    throw InputError("the follower's options do not fit", "",
                     "a length above 0 tells places apart, a time of 0 or more lets frames be heard of");
}

Follower::Place Follower::place_of(const Position& position) const {
  return {std::llround(position.x_m / options_.same_place_m),
          std::llround(position.y_m / options_.same_place_m)};
}

void Follower::hear(const std::optional<Advice>& advice) {
  if (advice && over_.contains(advice->id)) return;
  if (advice_ && (!advice || advice->id != advice_->id)) over_.insert(advice_->id);
  // What was measured of it is known by its places.
  next_point_ = beyond_reach_ = 0;
  advice_ = advice;
}

Order Follower::next(std::int64_t now_ns) {
  if (places_.size() >= options_.most_exposures) return {Order::Kind::stop, {}, 0};
  if (!advice_ || advice_->standing != Standing::accepted || now_ns >= advice_->expires_ns) return {};
  if (advice_->action == Action::stop) {
    // One made before the last frames were seen may be wrong: another follows when they are.
    const auto heard_ns = last_exposure_ns_ + std::llround(options_.unheard_within_s * 1e9);
    const bool knows_all = places_.empty() || advice_->issued_ns >= heard_ns;
    return {knows_all ? Order::Kind::stop : Order::Kind::wait, {}, advice_->id};
  }
  for (; next_point_ < advice_->points.size(); ++next_point_) {
    const Position& place = advice_->points[next_point_];
    const bool reached =
        is_finite(place) && options_.reach.contains(place) && advice_->bounds.contains(place);
    if (!reached)
      ++beyond_reach_;
    else if (!places_.contains(place_of(place)))
      return {Order::Kind::measure, place, advice_->id};
  }
  return {Order::Kind::wait, {}, advice_->id};
}

void Follower::measured(const Position& place, std::int64_t now_ns) {
  places_.insert(place_of(place));
  last_exposure_ns_ = now_ns;
}

}  // namespace ptero::steering
