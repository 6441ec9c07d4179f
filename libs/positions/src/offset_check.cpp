#include <ptero/positions/offset_check.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <unordered_map>

#include "cells.hpp"

namespace ptero::positions {

namespace {

constexpr std::int64_t farthest = 4;       // shifts looked at, either way
constexpr std::size_t fewest_pairs = 100;  // below, chance decides
constexpr std::size_t most_pairs = 100'000;
constexpr double clear_gain = 1.25;  // of a suspicion
constexpr double clear_deviations = 5;

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

constexpr std::size_t shifts = 2 * farthest + 1;

}  // namespace

OffsetCheck::OffsetCheck(std::size_t max_frames) : max_frames_(max_frames) {}

void OffsetCheck::add(FrameId id, const Position& position, double value) {
  if (entries_.size() < max_frames_) entries_.push_back({id, position, value});
}

/// Each frame and the nearest of another line.
std::vector<std::pair<FrameId, FrameId>> OffsetCheck::neighbours() const {
  StepCheck steps;
  for (const auto& e : entries_) steps.add(e.id, e.position);
  const double reach = 1.5 * steps.median_m();
  std::vector<std::pair<FrameId, FrameId>> pairs;
  if (!(reach > 0)) return pairs;
  Cells cells(reach);
  for (std::size_t i = 0; i < entries_.size(); ++i) cells.add(entries_[i].position, i);
  for (const auto& e : entries_) {
    if (pairs.size() >= most_pairs) break;
    const Entry* nearest = nullptr;
    double best = reach;
    cells.near(e.position, [&](std::size_t number) {
      const Entry& other = entries_[number];
      if (other.id <= e.id + shifts) return;
      const double distance =
          std::hypot(other.position.x_m - e.position.x_m, other.position.y_m - e.position.y_m);
      if (distance >= best) return;
      best = distance;
      nearest = &other;
    });
    if (nearest != nullptr) pairs.emplace_back(e.id, nearest->id);
  }
  return pairs;
}

std::optional<OffsetSuspicion> OffsetCheck::result() const {
  std::unordered_map<FrameId, double> values;
  for (const auto& e : entries_) values[e.id] = e.value;
  // Every shift is judged by the same pairs, so that it is the shift alone that makes a difference.
  Trial trial(shifts);
  for (const auto& [a, b] : neighbours()) {
    std::array<double, shifts> costs{};
    bool all_there = true;
    for (std::size_t i = 0; i < shifts && all_there; ++i) {
      const auto shift = static_cast<FrameId>(static_cast<std::int64_t>(i) - farthest);
      const auto at_a = values.find(a + shift);
      const auto at_b = values.find(b + shift);
      all_there = at_a != values.end() && at_b != values.end();
      if (all_there) costs[i] = (at_a->second - at_b->second) * (at_a->second - at_b->second);
    }
    if (all_there) trial.add(costs);
  }
  const std::size_t best = trial.best();
  if (trial.witnesses() < fewest_pairs || best == farthest || trial.gain(farthest, best) < clear_gain ||
      trial.deviations(farthest, best) < clear_deviations)
    return std::nullopt;
  // Frame f + shift looks as if it were where f was joined: f + shift = unit + (index_offset + shift).
  return OffsetSuspicion{static_cast<std::int64_t>(best) - farthest, trial.gain(farthest, best)};
}

void StepCheck::add(FrameId id, const Position& position) {
  constexpr std::size_t most = 16'384;
  if (last_id_ && *last_id_ + 1 == id) {
    const double step = std::hypot(position.x_m - last_.x_m, position.y_m - last_.y_m);
    // Beyond that many, each takes an old one's place.
    if (steps_.size() < most)
      steps_.push_back(step);
    else
      steps_[seen_ % most] = step;
    ++seen_;
  }
  last_id_ = id;
  last_ = position;
}

double StepCheck::median_m() const {
  return median(steps_);
}

}  // namespace ptero::positions
