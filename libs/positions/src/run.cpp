#include "run.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace ptero::positions {

namespace {
constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr std::uint64_t first_bit = 1;
constexpr std::uint64_t end_bit = std::uint64_t{1} << 63;

// What is lost at once of a stream that loses messages is confirmed by the next sample of the same message.
constexpr std::uint64_t far_ahead = 64;
constexpr std::uint64_t beside = 64;

auto at_or_after(const std::vector<Group>& groups, std::uint64_t unit) {
  return std::lower_bound(groups.begin(), groups.end(), unit,
                          [](const Group& group, std::uint64_t u) { return group.unit < u; });
}
}  // namespace

std::uint64_t first_index(const JoinOptions& options) {
  const auto before = options.index_offset < 0 ? static_cast<std::uint64_t>(-options.index_offset) : 0;
  return options.skip_samples + before * std::max<std::uint64_t>(options.samples_per_frame, 1);
}

Run::Run(const JoinOptions& options, std::string armed, std::int64_t started)
    : arm_time(std::move(armed)), started_ns(started), options_(&options) {}

std::uint64_t Run::unit_of(std::uint64_t index) const {
  return (index - options_->skip_samples) / std::max<std::uint64_t>(options_->samples_per_frame, 1);
}

std::uint64_t Run::watermark() const {
  if (!highest_) return 0;
  // Of an index that repeats, more may come until a higher one does.
  const std::uint64_t end = options_->samples_per_frame == 0 ? *highest_ : *highest_ + 1;
  return end - std::min(end, options_->reorder_samples);
}

bool Run::final(std::uint64_t unit) const {
  if (stopped_) return true;
  const auto size = std::max<std::uint64_t>(options_->samples_per_frame, 1);
  const auto mark = watermark();
  return mark > options_->skip_samples && unit < (mark - options_->skip_samples) / size;
}

Group& Run::group_for(std::uint64_t unit) {
  if (groups_.empty() || groups_.back().unit < unit) {
    // The oldest half goes at once, so that it costs little.
    if (groups_.size() >= options_->max_positions)
      groups_.erase(groups_.begin(), groups_.begin() + static_cast<std::ptrdiff_t>(groups_.size() / 2));
    return groups_.emplace_back(Group{.unit = unit});
  }
  const auto found = at_or_after(groups_, unit);
  const auto at = groups_.begin() + (found - groups_.cbegin());
  return at != groups_.end() && at->unit == unit ? *at : *groups_.insert(at, Group{.unit = unit});
}

bool Run::is_far_ahead(std::uint64_t index) const {
  return highest_ && index > *highest_ + far_ahead * std::max<std::uint64_t>(options_->samples_per_frame, 1);
}

Added Run::add(const Sample& sample, std::int64_t now_ns) {
  if (!first_sample_ns) first_sample_ns = now_ns;
  if (is_far_ahead(sample.index)) {
    const bool confirmed =
        doubtful_ && sample.index > doubtful_->index && sample.index - doubtful_->index <= beside;
    if (!confirmed) {
      if (doubtful_) ++misnumbered_;
      doubtful_ = sample;
      return Added::doubtful;
    }
    take(*doubtful_);
    doubtful_.reset();
  } else if (doubtful_) {
    ++misnumbered_;
    doubtful_.reset();
  }
  return take(sample);
}

Added Run::take(const Sample& sample) {
  const std::uint64_t size = options_->samples_per_frame;
  const bool settling = sample.index < options_->skip_samples;
  const bool passed = highest_ && sample.index < watermark();
  if (!passed && (!highest_ || sample.index > *highest_)) highest_ = sample.index;
  if (settling) return Added::settling;
  const std::uint64_t within = size == 0 ? 0 : (sample.index - options_->skip_samples) % size;
  const std::uint64_t bit = size <= 64           ? first_bit << within
                            : within == 0        ? first_bit
                            : within + 1 == size ? end_bit
                                                 : 0;
  if (passed) {
    const Group* group = find(unit_of(sample.index));
    return group != nullptr && (size > 64 || (group->have & bit) != 0) ? Added::duplicate : Added::late;
  }
  Group& group = group_for(unit_of(sample.index));
  if (size != 0 && (group.have & bit) != 0) return Added::duplicate;
  const bool is_first = size == 0 ? group.count == 0 : within == 0;
  const bool is_last = size == 0 || within + 1 == size;
  group.have |= bit;
  ++group.count;
  ++samples;
  if (sample.index >= first_index(*options_)) ++counted_;
  group.monitor += sample.monitor.value_or(nan);
  const Use use = options_->use;
  if (use == Use::mean) {
    group.x += sample.x;
    group.y += sample.y;
  } else if (is_first && use != Use::last) {
    group.x = sample.x;
    group.y = sample.y;
  }
  if (is_last && use != Use::mean) {
    (use == Use::last ? group.x : group.last_x) = sample.x;
    (use == Use::last ? group.y : group.last_y) = sample.y;
  }
  return Added::kept;
}

void Run::stop(bool complete_as_told, std::string reason) {
  stopped_ = true;
  said_complete = complete_as_told;
  end_reason = std::move(reason);
}

void Run::clear() {
  groups_ = {};
}

const Group* Run::find(std::uint64_t unit) const {
  const auto at = at_or_after(groups_, unit);
  return at != groups_.end() && at->unit == unit ? &*at : nullptr;
}

bool Run::complete(const Group& group) const {
  const std::uint64_t size = options_->samples_per_frame;
  if (size == 0) return final(group.unit);
  const std::uint64_t last_bit = size > 64 ? end_bit : first_bit << (size - 1);
  switch (options_->use) {
    case Use::mean:
      break;
    case Use::first:
      return (group.have & first_bit) != 0;
    case Use::last:
      return (group.have & last_bit) != 0;
    case Use::mid:
      return (group.have & first_bit) != 0 && (group.have & last_bit) != 0;
  }
  return group.count == size;
}

std::array<double, 2> Run::position(const Group& group) const {
  switch (options_->use) {
    case Use::mean:
      return {group.x / group.count, group.y / group.count};
    case Use::mid:
      return {(group.x + group.last_x) / 2, (group.y + group.last_y) / 2};
    case Use::first:
    case Use::last:
      break;
  }
  return {group.x, group.y};
}

bool Run::usable(const Group& group) const {
  if (!complete(group)) return false;
  const auto p = position(group);
  return std::isfinite(p[0]) && std::isfinite(p[1]);
}

std::optional<double> Run::monitor(const Group& group) const {
  const double mean = group.monitor / group.count;
  return std::isfinite(mean) && mean > 0 ? std::optional(mean) : std::nullopt;
}

std::optional<bool> Run::first_is_left_over() const {
  // Beyond so many steps it is another place; as many positions say what a step is.
  constexpr double far_off = 20;
  constexpr std::size_t enough = 8;
  std::vector<std::array<double, 2>> places;
  for (const Group& group : groups_) {
    if (!usable(group)) break;
    places.push_back(position(group));
    if (places.size() > enough) break;
  }
  const bool all = places.size() > enough || stopped_;
  if (places.size() < 3) return all ? std::optional(false) : std::nullopt;
  std::vector<double> steps;
  for (std::size_t i = 1; i + 1 < places.size(); ++i)
    steps.push_back(std::hypot(places[i + 1][0] - places[i][0], places[i + 1][1] - places[i][1]));
  double nearest = std::numeric_limits<double>::infinity();
  for (std::size_t i = 1; i < places.size(); ++i)
    nearest = std::min(nearest, std::hypot(places[i][0] - places[0][0], places[i][1] - places[0][1]));
  // The longest: a stage that stood still at first says nothing, and a turn of the line is a step too.
  const double step = *std::max_element(steps.begin(), steps.end());
  if (step > 0 && nearest <= far_off * step) return false;
  return all ? std::optional(step > 0) : std::nullopt;
}

const Group* Run::usable_before(std::uint64_t unit) const {
  for (auto at = at_or_after(groups_, unit); at != groups_.begin();)
    if (usable(*--at)) return &*at;
  return nullptr;
}

const Group* Run::usable_after(std::uint64_t unit) const {
  for (auto at = at_or_after(groups_, unit + 1); at != groups_.end(); ++at) {
    // Were one of those before it still to come, the answer would depend on when it is asked.
    if (at->unit > unit + 1 && !final(at->unit - 1)) return nullptr;
    if (usable(*at)) return &*at;
    if (!final(at->unit)) return nullptr;
  }
  return nullptr;
}

std::uint64_t Run::holes() const {
  if (options_->samples_per_frame == 0 || !highest_ || *highest_ < first_index(*options_)) return 0;
  const std::uint64_t due = *highest_ + 1 - first_index(*options_);
  return due - std::min(due, counted_);
}

}  // namespace ptero::positions
