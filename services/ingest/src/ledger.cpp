#include <ptero/services/ingest/ledger.hpp>

#include <algorithm>
#include <ptero/scanfile/frame_state.hpp>

namespace ptero::ingest {

namespace {
bool has_arrived(FrameState state) {
  return state != FrameState::expected && state != FrameState::missing && state != FrameState::not_taken &&
         state != FrameState::corrupt;
}
}  // namespace

Ledger::Ledger(std::optional<std::uint64_t> n_expected, std::uint64_t give_up_after)
    : total_(std::min(n_expected.value_or(0), max_frame_id)), give_up_after_(give_up_after) {
  counts_[FrameState::expected] = total_;
}

void Ledger::grow(FrameId id) {
  if (id >= total_) {
    counts_[FrameState::expected] += id + 1 - total_;
    total_ = id + 1;
  }
  if (id < states_.size()) return;
  const FrameState behind = ended_ ? FrameState::not_taken : FrameState::expected;
  states_.resize(id + 1, behind);
  reasons_.resize(id + 1, 0);
}

void Ledger::set(FrameId id, FrameState state, std::uint8_t reason) {
  --counts_[states_[id]];
  ++counts_[state];
  states_[id] = state;
  reasons_[id] = reason;
}

void Ledger::give_up_below(FrameId id) {
  for (; next_due_ < id; ++next_due_)
    if (states_[next_due_] == FrameState::expected) set(next_due_, FrameState::missing);
}

bool Ledger::arrived(FrameId id, bool positioned) {
  if (id >= max_frame_id) return false;
  const std::lock_guard lock(mutex_);
  grow(id);
  if (has_arrived(states_[id])) return false;
  set(id, positioned ? FrameState::pending : FrameState::unpositioned);
  arrived_end_ = std::max(arrived_end_, id + 1);
  if (id > give_up_after_) give_up_below(id - give_up_after_);
  return true;
}

void Ledger::corrupt(FrameId id, FrameFault why) {
  if (id >= max_frame_id) return;
  const std::lock_guard lock(mutex_);
  grow(id);
  if (has_arrived(states_[id])) return;
  set(id, FrameState::corrupt, scanfile::stored_reason(why));
  arrived_end_ = std::max(arrived_end_, id + 1);
}

void Ledger::label(FrameId id, FrameState state, std::uint8_t reason) {
  const std::lock_guard lock(mutex_);
  if (id < states_.size() && has_arrived(states_[id]) && states_[id] != FrameState::unpositioned)
    set(id, state, reason);
}

void Ledger::end(std::optional<std::uint64_t> frames) {
  const std::lock_guard lock(mutex_);
  const FrameId used = std::max(arrived_end_, std::min(frames.value_or(0), max_frame_id));
  if (used > 0) grow(used - 1);
  give_up_below(used);
  for (FrameId id = used; id < states_.size(); ++id)
    if (states_[id] == FrameState::expected) set(id, FrameState::not_taken);
  // What is left expected lies behind the states.
  counts_[FrameState::not_taken] += counts_[FrameState::expected];
  counts_[FrameState::expected] = 0;
  ended_ = true;
}

Ledger::Snapshot Ledger::snapshot() const {
  const std::lock_guard lock(mutex_);
  return {counts_, total_, ended_};
}

FrameId Ledger::arrived_end() const {
  const std::lock_guard lock(mutex_);
  return arrived_end_;
}

bool Ledger::all_came(FrameId end) const {
  const std::lock_guard lock(mutex_);
  if (states_.size() < end) return false;
  return std::none_of(states_.begin(), states_.begin() + static_cast<std::ptrdiff_t>(end),
                      [](FrameState state) {
                        return state == FrameState::expected || state == FrameState::missing ||
                               state == FrameState::not_taken;
                      });
}

Ledger::Account Ledger::account() const {
  const std::lock_guard lock(mutex_);
  return {counts_, states_, reasons_, total_ - states_.size(),
          ended_ ? FrameState::not_taken : FrameState::expected};
}

std::map<std::string, std::uint64_t> Ledger::Snapshot::by_name() const {
  std::map<std::string, std::uint64_t> out;
  for (FrameState state : all_frame_states) out[std::string(name_of(state))] = counts[state];
  return out;
}

}  // namespace ptero::ingest
