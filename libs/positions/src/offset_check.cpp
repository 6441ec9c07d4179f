#include <ptero/positions/offset_check.hpp>

#include <algorithm>
#include <cmath>
#include <unordered_map>

namespace ptero::positions {

namespace {

constexpr std::int64_t farthest = 4;       // shifts looked at, either way
constexpr std::size_t fewest_pairs = 100;  // below, chance decides
constexpr std::size_t most_pairs = 100'000;
constexpr double clear_gain = 1.25;  // of a suspicion
constexpr double clear_deviations = 5;

using Pairs = std::vector<std::pair<FrameId, FrameId>>;

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// Squared differences of the values that a shift gives the two of a pair; a pair at the ends has none.
std::vector<double> differences(const Pairs& pairs, const std::unordered_map<FrameId, double>& values) {
  // Every shift is judged by the same pairs, so that it is the shift alone that makes a difference.
  std::vector<double> out;
  for (const auto& [a, b] : pairs)
    for (std::int64_t shift = -farthest; shift <= farthest; ++shift) {
      const double d =
          values.at(a + static_cast<FrameId>(shift)) - values.at(b + static_cast<FrameId>(shift));
      out.push_back(d * d);
    }
  return out;
}

}  // namespace

OffsetCheck::OffsetCheck(std::size_t max_frames) : max_frames_(max_frames) {}

void OffsetCheck::add(FrameId id, const Position& position, double value) {
  if (entries_.size() < max_frames_) entries_.push_back({id, position, value});
}

std::optional<OffsetSuspicion> OffsetCheck::result() const {
  StepCheck steps;
  std::unordered_map<FrameId, double> values;
  for (const auto& e : entries_) {
    steps.add(e.id, e.position);
    values[e.id] = e.value;
  }
  const double cell = 1.5 * steps.median_m();
  if (!(cell > 0)) return std::nullopt;
  const auto cell_of = [&](const Position& p) {
    const auto index = [&](double v) {
      return static_cast<std::int64_t>(std::floor(std::clamp(v / cell, -1e9, 1e9)));
    };
    return std::pair(index(p.x_m), index(p.y_m));
  };
  const auto key = [](std::int64_t x, std::int64_t y) {
    return static_cast<std::uint64_t>(x) * 0x9e3779b97f4a7c15ULL ^ static_cast<std::uint64_t>(y);
  };
  std::unordered_map<std::uint64_t, std::vector<const Entry*>> cells;
  for (const auto& e : entries_) {
    const auto [x, y] = cell_of(e.position);
    cells[key(x, y)].push_back(&e);
  }
  // Each frame and the nearest of another line.
  Pairs pairs;
  for (const auto& e : entries_) {
    if (pairs.size() >= most_pairs) break;
    const Entry* nearest = nullptr;
    double best = cell * cell;
    const auto [x, y] = cell_of(e.position);
    for (std::int64_t dx = -1; dx <= 1; ++dx)
      for (std::int64_t dy = -1; dy <= 1; ++dy) {
        const auto found = cells.find(key(x + dx, y + dy));
        if (found == cells.end()) continue;
        for (const Entry* other : found->second) {
          if (other->id <= e.id + 2 * farthest + 1) continue;
          const double distance = std::pow(other->position.x_m - e.position.x_m, 2) +
                                  std::pow(other->position.y_m - e.position.y_m, 2);
          if (distance < best) {
            best = distance;
            nearest = other;
          }
        }
      }
    const auto all_there = [&](FrameId id) {
      for (std::int64_t shift = -farthest; shift <= farthest; ++shift)
        if (!values.contains(id + static_cast<FrameId>(shift))) return false;
      return true;
    };
    if (nearest != nullptr && all_there(e.id) && all_there(nearest->id))
      pairs.emplace_back(e.id, nearest->id);
  }
  if (pairs.size() < fewest_pairs) return std::nullopt;
  constexpr std::size_t shifts = 2 * farthest + 1;
  const auto cost = differences(pairs, values);
  const auto sum = [&](std::size_t shift) {
    double total = 0;
    for (std::size_t i = shift; i < cost.size(); i += shifts) total += cost[i];
    return total;
  };
  std::size_t best = farthest;
  for (std::size_t shift = 0; shift < shifts; ++shift)
    if (sum(shift) < sum(best)) best = shift;
  const double gain = sum(farthest) / std::max(sum(best), 1e-300);
  if (best == farthest || gain < clear_gain) return std::nullopt;
  // The same pairs before and after: how sure is their mean gain?
  double mean = 0, square = 0;
  const auto n = static_cast<double>(pairs.size());
  for (std::size_t i = 0; i < cost.size(); i += shifts) {
    const double d = cost[i + farthest] - cost[i + best];
    mean += d / n;
    square += d * d / n;
  }
  const double deviation = std::sqrt(std::max(square - mean * mean, 0.0) / n);
  if (mean < clear_deviations * deviation) return std::nullopt;
  // The frame with id f + shift is the one that was taken where f was joined: f = unit + offset + shift.
  return OffsetSuspicion{static_cast<std::int64_t>(best) - farthest, gain};
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
