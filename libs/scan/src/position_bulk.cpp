#include <ptero/scan/position_bulk.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

#include <ptero/core/contract.hpp>

namespace ptero::scan {

namespace {

constexpr double widths_of_gap = 3;
constexpr double patches_of_gap = 4;
// A share of the positions, and a number that a region somebody scans on purpose exceeds.
constexpr std::size_t one_in = 20;
constexpr std::size_t most_few = 8;
// Where more than this are far from the rest, there is no bulk to be far from.
constexpr std::size_t most_outlying_one_in = 5;
// Places closer than this share of a patch are the same one.
constexpr double same_place = 0.125;
// With so many outliers a further one is taken for one of them until there are a tenth more positions.
constexpr std::size_t looked_at_singly = 16;

double reach(double width, double patch_m) {
  return std::max(widths_of_gap * width, patches_of_gap * patch_m);
}

}  // namespace

double PositionBulk::Box::distance_m(const Position& place) const {
  const double dx = std::max({left_m - place.x_m, place.x_m - right_m, 0.0});
  const double dy = std::max({top_m - place.y_m, place.y_m - bottom_m, 0.0});
  return std::hypot(dx, dy);
}

PositionBulk::PositionBulk(double patch_m) : patch_m_(patch_m) {
  PTERO_EXPECT(patch_m > 0);
}

bool PositionBulk::within_reach(const Position& place) const {
  const double x = reach(box_.width_m(), patch_m_), y = reach(box_.height_m(), patch_m_);
  return place.x_m >= box_.left_m - x && place.x_m <= box_.right_m + x && place.y_m >= box_.top_m - y &&
         place.y_m <= box_.bottom_m + y;
}

void PositionBulk::add(FrameId id, const Position& place) {
  PTERO_EXPECT(is_finite(place));
  if (!places_.emplace(id, place).second || places_.size() < enough) return;
  if (judged_at_ == 0) return judge();
  const bool grown = places_.size() * 10 >= judged_at_ * 11 && !outlying_.empty();
  if (within_reach(place)) {
    box_ = {std::min(box_.left_m, place.x_m), std::min(box_.top_m, place.y_m),
            std::max(box_.right_m, place.x_m), std::max(box_.bottom_m, place.y_m)};
    if (grown) judge();
    return;
  }
  if (outlying_.size() < looked_at_singly || grown) return judge();
  outlying_.insert(id);
}

void PositionBulk::remove(FrameId id) {
  places_.erase(id);
  outlying_.erase(id);
}

std::size_t PositionBulk::distinct_places(const Entry* first, const Entry* last, std::size_t up_to) const {
  std::set<std::pair<double, double>> seen;
  for (; first != last && seen.size() < up_to; ++first) {
    const Position& place = places_.at(first->id);
    seen.emplace(std::round(place.x_m / (same_place * patch_m_)),
                 std::round(place.y_m / (same_place * patch_m_)));
  }
  return seen.size();
}

/// outwards: distances from the middle of the bulk's side, ascending, the first of them inside. Groups behind
/// a gap are outliers where they are few.
void PositionBulk::find_tail(const std::vector<Entry>& outwards, double width, std::size_t few) {
  double edge = outwards.front().value;
  for (std::size_t i = 1; i < outwards.size();) {
    const double gap = reach(width, patch_m_);
    if (outwards[i].value - edge <= gap) {
      width += outwards[i].value - edge;
      edge = outwards[i++].value;
      continue;
    }
    std::size_t end = i + 1;
    while (end < outwards.size() && outwards[end].value - outwards[end - 1].value <= gap) ++end;
    if (distinct_places(&outwards[i], &outwards[i] + (end - i), few + 1) <= few) {
      for (; i < end; ++i) outlying_.insert(outwards[i].id);
    } else {
      width += outwards[end - 1].value - edge;
      edge = outwards[end - 1].value;
      i = end;
    }
  }
}

void PositionBulk::look_along(Coordinate axis) {
  std::vector<Entry> sorted;
  sorted.reserve(places_.size());
  for (const auto& [id, place] : places_) sorted.push_back({place.*axis, id});
  std::sort(sorted.begin(), sorted.end(), [](const Entry& a, const Entry& b) {
    return std::pair(a.value, a.id) < std::pair(b.value, b.id);
  });
  const std::size_t n = sorted.size(), low = n / 4, high = n - 1 - n / 4;
  const std::size_t few = std::clamp<std::size_t>(n / one_in, 1, most_few);
  const double width = sorted[high].value - sorted[low].value;
  find_tail({sorted.begin() + static_cast<std::ptrdiff_t>(high), sorted.end()}, width, few);
  std::vector<Entry> down(sorted.rend() - static_cast<std::ptrdiff_t>(low) - 1, sorted.rend());
  for (Entry& entry : down) entry.value = -entry.value;
  find_tail(down, width, few);
}

void PositionBulk::judge() {
  outlying_.clear();
  judged_at_ = places_.size();
  if (places_.size() >= least) {
    look_along(&Position::x_m);
    look_along(&Position::y_m);
    if (outlying_.size() * most_outlying_one_in > places_.size()) outlying_.clear();
  }
  bool first = true;
  for (const auto& [id, place] : places_) {
    if (outlying_.contains(id)) continue;
    if (std::exchange(first, false)) box_ = {place.x_m, place.y_m, place.x_m, place.y_m};
    box_ = {std::min(box_.left_m, place.x_m), std::min(box_.top_m, place.y_m),
            std::max(box_.right_m, place.x_m), std::max(box_.bottom_m, place.y_m)};
  }
}

}  // namespace ptero::scan
