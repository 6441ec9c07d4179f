#include <algorithm>
#include <ptero/core/contract.hpp>
#include <ptero/runtime/alarms.hpp>
#include <ptero/runtime/clock.hpp>

namespace ptero::runtime {

namespace {
auto find_in(auto& alarms, std::string_view id) {
  return std::find_if(alarms.begin(), alarms.end(), [&](const auto& one) { return one.id == id; });
}
}  // namespace

std::string_view name_of(Severity severity) {
  return severity == Severity::critical ? "critical" : "warning";
}

Alarms::Alarms(std::vector<AlarmKind> kinds, OnChange on_change)
    : kinds_(std::move(kinds)), on_change_(std::move(on_change)) {}

const AlarmKind& Alarms::kind(std::string_view id) const {
  const auto found = find_in(kinds_, id);
  PTERO_EXPECT(found != kinds_.end());
  return *found;
}

void Alarms::raise(std::string_view id, std::string sentence) {
  const AlarmKind& declared = kind(id);
  Alarm alarm;
  {
    const std::lock_guard lock(mutex_);
    const auto found = find_in(active_, id);
    if (found != active_.end()) {
      if (found->sentence == sentence) return;
      found->sentence = std::move(sentence);
      ++changes_;
      return;
    }
    alarm = {.id = declared.id,
             .severity = declared.severity,
             .sentence = std::move(sentence),
             .since_ns = steady_now_ns(),
             .since_utc_ns = utc_now_ns()};
    active_.push_back(alarm);
    ++changes_;
  }
  if (on_change_) on_change_(alarm);
}

void Alarms::clear(std::string_view id) {
  PTERO_EXPECT(find_in(kinds_, id) != kinds_.end());
  Alarm alarm;
  {
    const std::lock_guard lock(mutex_);
    const auto found = find_in(active_, id);
    if (found == active_.end()) return;
    alarm = std::move(*found);
    alarm.until_ns = steady_now_ns();
    active_.erase(found);
    over_.push_back(alarm);
    if (over_.size() > kept) over_.pop_front();
    ++changes_;
  }
  if (on_change_) on_change_(alarm);
}

bool Alarms::is_active(std::string_view id) const {
  const std::lock_guard lock(mutex_);
  return find_in(active_, id) != active_.end();
}

std::vector<Alarm> Alarms::active() const {
  std::vector<Alarm> out;
  {
    const std::lock_guard lock(mutex_);
    out = active_;  // in the order they were raised
  }
  std::stable_partition(out.begin(), out.end(),
                        [](const Alarm& alarm) { return alarm.severity == Severity::critical; });
  return out;
}

std::vector<Alarm> Alarms::since(std::int64_t steady_ns) const {
  std::vector<Alarm> out;
  {
    const std::lock_guard lock(mutex_);
    std::copy_if(over_.begin(), over_.end(), std::back_inserter(out),
                 [&](const Alarm& alarm) { return alarm.until_ns >= steady_ns; });
    out.insert(out.end(), active_.begin(), active_.end());
  }
  std::stable_sort(out.begin(), out.end(),
                   [](const Alarm& a, const Alarm& b) { return a.since_ns < b.since_ns; });
  return out;
}

std::vector<std::pair<std::string, double>> Alarms::gauges() const {
  std::vector<std::pair<std::string, double>> out;
  const std::lock_guard lock(mutex_);
  for (const auto& declared : kinds_)
    out.emplace_back(declared.id, find_in(active_, declared.id) != active_.end() ? 1 : 0);
  return out;
}

std::uint64_t Alarms::changes() const {
  const std::lock_guard lock(mutex_);
  return changes_;
}

}  // namespace ptero::runtime
