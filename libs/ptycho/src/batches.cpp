#include "batches.hpp"

#include <algorithm>
#include <cmath>

namespace ptero::ptycho {

namespace {
std::size_t pick(std::mt19937_64& random, std::size_t count) {
  return std::uniform_int_distribution<std::size_t>(0, count - 1)(random);
}
}  // namespace

void Batches::add(Slot slot) {
  if (visits_.size() <= slot) visits_.resize(slot + 1);
  visits_[slot] = 0;
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

std::vector<Slot> Batches::next() {
  if (frames_.empty()) return {};
  if (epoch_.empty()) {
    epoch_ = frames_;
    std::shuffle(epoch_.begin(), epoch_.end(), random_);
  }
  const double wanted =
      std::clamp(options_.fraction * static_cast<double>(frames_.size()),
                 static_cast<double>(options_.min_size), static_cast<double>(options_.max_size));
  const auto left = static_cast<double>(epoch_.size());
  const auto size = static_cast<std::size_t>(std::ceil(left / std::max(1.0, std::round(left / wanted))));

  std::vector<Slot> batch = draw_lagging(size);
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
