#include "batches.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace ptero::ptycho {

namespace {
std::size_t pick(std::mt19937_64& random, std::size_t count) {
  return std::uniform_int_distribution<std::size_t>(0, count - 1)(random);
}
}  // namespace

void Batches::add(Slot slot, double row, double col, unsigned visits) {
  if (visits_.size() <= slot) {
    visits_.resize(slot + 1);
    places_.resize(slot + 1);
  }
  visits_[slot] = visits;
  places_[slot] = {row, col};
  frames_.push_back(slot);
}

void Batches::remove(Slot slot) {
  std::erase(frames_, slot);
  std::erase(epoch_, slot);
}

std::vector<Slot> Batches::draw_lagging(std::size_t batch_size) {
  unsigned most_visits = 0;
  for (const Slot slot : frames_) most_visits = std::max(most_visits, visits_[slot]);
  const unsigned goal = std::min(most_visits, options_.catch_up_visits);
  std::vector<Slot> lagging;
  for (const Slot slot : frames_)
    if (visits_[slot] + 1 < goal) lagging.push_back(slot);
  // In proportion to how many lag: crowding a batch into one corner would make the common step wrong there.
  const auto whole = static_cast<double>(batch_size);
  const double extra = (options_.catch_up_factor - 1) * whole * static_cast<double>(lagging.size()) /
                       static_cast<double>(frames_.size());
  const auto most = std::min(static_cast<std::size_t>(std::ceil(std::min(extra, whole))), lagging.size());
  for (std::size_t i = 0; i < most; ++i)
    std::swap(lagging[i], lagging[i + pick(random_, lagging.size() - i)]);
  lagging.resize(most);
  return lagging;
}

namespace {
constexpr unsigned curve_bits = 12;

// Where the Hilbert curve of a square of 2^bits passes (x, y).
std::uint64_t along_curve(std::uint32_t x, std::uint32_t y) {
  std::uint64_t distance = 0;
  for (std::uint32_t s = 1U << (curve_bits - 1); s > 0; s /= 2) {
    const std::uint32_t rx = (x & s) > 0 ? 1 : 0, ry = (y & s) > 0 ? 1 : 0;
    distance += std::uint64_t{s} * s * ((3 * rx) ^ ry);
    if (ry != 0) continue;
    if (rx == 1) {
      x = s - 1 - (x & (s - 1));
      y = s - 1 - (y & (s - 1));
    }
    std::swap(x, y);
    x &= s - 1;
    y &= s - 1;
  }
  return distance;
}
}  // namespace

void Batches::start_epoch() {
  epoch_ = frames_;
  if (options_.shape == BatchShape::sparse) {
    std::shuffle(epoch_.begin(), epoch_.end(), random_);
    return;
  }
  auto [top, left] = places_[epoch_[0]];
  double size = 1e-9;
  for (const Slot slot : epoch_) {
    top = std::min(top, places_[slot].first);
    left = std::min(left, places_[slot].second);
  }
  for (const Slot slot : epoch_)
    size = std::max({size, places_[slot].first - top, places_[slot].second - left});
  const double scale = ((1U << curve_bits) - 1) / size;
  std::vector<std::pair<std::uint64_t, Slot>> order;
  for (const Slot slot : epoch_)
    order.emplace_back(along_curve(static_cast<std::uint32_t>((places_[slot].second - left) * scale),
                                   static_cast<std::uint32_t>((places_[slot].first - top) * scale)),
                       slot);
  std::sort(order.begin(), order.end());
  const auto start = static_cast<std::ptrdiff_t>(pick(random_, order.size()));
  std::rotate(order.begin(), order.begin() + start, order.end());
  std::transform(order.begin(), order.end(), epoch_.begin(), [](const auto& o) { return o.second; });
}

std::vector<Slot> Batches::next() {
  if (frames_.empty()) return {};
  if (epoch_.empty()) start_epoch();
  const double wanted =
      std::clamp(options_.fraction * static_cast<double>(frames_.size()),
                 static_cast<double>(options_.min_size), static_cast<double>(options_.max_size));
  const auto left = static_cast<double>(epoch_.size());
  const auto size = static_cast<std::size_t>(std::ceil(left / std::max(1.0, std::round(left / wanted))));

  std::vector<Slot> batch = options_.shape == BatchShape::sparse ? draw_lagging(size) : std::vector<Slot>{};
  const std::vector<Slot> early = batch;
  while (batch.size() < size + early.size() && !epoch_.empty()) {
    const Slot slot = epoch_.back();
    epoch_.pop_back();
    if (std::find(early.begin(), early.end(), slot) == early.end()) batch.push_back(slot);
  }
  for (const Slot slot : batch) ++visits_[slot];
  return batch;
}

}  // namespace ptero::ptycho
