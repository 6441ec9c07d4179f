#include "usual_mistakes.hpp"

namespace ptero::ingest {

namespace {
// A stage that starts late costs the first frames their positions; so many without one are no late start.
constexpr std::uint64_t frames_until_said = 32;
}  // namespace

UsualMistakes::UsualMistakes(runtime::Alarms& alarms, std::string source, std::string positions)
    : alarms_(alarms), source_(std::move(source)), positions_(std::move(positions)) {}

void UsualMistakes::raise(const char* alarm, const std::string& sentence) {
  if (raised_) return;
  raised_ = alarm;
  alarms_.raise(alarm, sentence);
}

void UsualMistakes::started() {
  if (raised_) alarms_.clear(raised_);
  raised_ = nullptr;
  without_position_ = 0;
  any_position_ = false;
}

void UsualMistakes::unreadable(FrameFault fault) {
  raise("unreadable",
        "no series runs, and what comes cannot be read as '" + source_ + "' (" + std::string(name_of(fault)) +
            "): the detector may speak another protocol or version (native, simplon1, simplon2)");
}

void UsualMistakes::without_start(FrameId id) {
  raise("no_start",
        "frames come, such as " + std::to_string(id) +
            ", of a series whose start was not heard: start ptero before the detector is armed, or "
            "set mid_series_join = true in [ingest]");
}

void UsualMistakes::recorded(bool positioned) {
  if (any_position_) return;
  any_position_ = positioned;
  if (positioned) {
    if (raised_) alarms_.clear(raised_);
    raised_ = nullptr;
    return;
  }
  if (++without_position_ < frames_until_said) return;
  raise("no_positions",
        positions_ == "frame"
            ? "no frame carries a position, and no other source of positions is named: give `positions`, "
              "such as plan:raster:ROWSxCOLS, file:PATH or panda-zmq:tcp://HOST:PORT"
            : "no frame has got a position from " + positions_ +
                  ": look at its address, the names of its channels and index_offset");
}

}  // namespace ptero::ingest
