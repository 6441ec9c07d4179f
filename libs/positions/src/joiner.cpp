#include <ptero/positions/joiner.hpp>

#include <algorithm>
#include <cmath>
#include <list>
#include <unordered_set>

#include <ptero/core/contract.hpp>
#include <ptero/positions/offset_check.hpp>

#include "run.hpp"

namespace ptero::positions {

namespace {

/// One arm of the controller and whose it is.
struct Arm {
  enum class Owner : std::uint8_t { nobody, series, spent };
  Run run;
  Owner owner = Owner::nobody;
  std::uint64_t paired = 0;  ///< frames that took a position from it
};

std::int64_t nanoseconds(double seconds) {
  return static_cast<std::int64_t>(std::min(seconds, 1e9) * 1e9);
}

}  // namespace

struct Joiner::State {
  explicit State(JoinOptions given) : options(std::move(given)), transform(options.transform) {
    PTERO_EXPECT(options.reorder_samples == 0 ||
                 (options.samples_per_frame >= 1 && options.samples_per_frame <= 64));
  }

  // Arms

  Arm* receiving() { return arms.empty() || arms.back().run.stopped() ? nullptr : &arms.back(); }

  void spend(Arm& arm) {
    if (arm.owner == Arm::Owner::spent) return;
    if (arm.owner == Arm::Owner::nobody) report.other_scan += arm.run.samples;
    arm.owner = Arm::Owner::spent;
    arm.run.clear();
    if (bound == &arm) bound = nullptr;
  }

  void bind(Arm& arm) {
    arm.owner = Arm::Owner::series;
    bound = &arm;
  }

  void drop_finished() {
    arms.remove_if([&](const Arm& arm) { return arm.owner == Arm::Owner::spent && &arm != &arms.back(); });
  }

  /// Arms that no series comes for are forgotten, the oldest first.
  void make_room() {
    constexpr std::size_t most_arms = 16;
    std::size_t kept = arms.size();
    std::size_t positions = 0;
    for (const Arm& arm : arms) positions += arm.run.groups().size();
    for (Arm& arm : arms) {
      if (kept <= most_arms && positions <= options.max_positions) break;
      if (&arm == bound || &arm == &arms.back()) continue;
      --kept;
      positions -= arm.run.groups().size();
      spend(arm);
    }
    drop_finished();
  }

  void armed(const StreamStart& start, std::int64_t now_ns) {
    const std::string& arm_time = start.arm_time;
    if (Arm* arm = receiving()) {
      // Said twice, or a connection that was made again while the arm runs.
      const bool same = arm_time.empty() ? start.missed > 0 : arm->run.arm_time == arm_time;
      if (same) return;
      if (arm->owner != Arm::Owner::spent && !arm->run.first_sample_ns) {
        arm->run.arm_time = arm_time;  // armed again before anything was measured
        arm->run.started_ns = now_ns;
        return;
      }
      // A start takes the place of one that no frame was paired with; otherwise it is the next scan's.
      if (arm == bound && arm->paired == 0) spend(*arm);
      arm->run.stop(false, "another start");
    }
    arms.push_back({.run = Run(options, arm_time, now_ns)});
    drop_finished();
    make_room();
    if (open && bound == nullptr) bind(arms.back());
  }

  void samples(const StreamSamples& message, std::int64_t now_ns) {
    report.unusable += message.unusable;
    if (message.samples.empty()) return;
    Arm* arm = receiving();
    const std::uint64_t first = message.samples.front().index;
    const bool from_start = first <= first_index(options);
    const bool again = arm != nullptr && from_start && arm->run.highest_index() &&
                       *arm->run.highest_index() > message.samples.back().index;
    const bool trusted = from_start || options.accept_unstarted || (open && resumed && bound == nullptr);
    if (again || (arm == nullptr && trusted)) {
      // The start was lost, or this publisher says none.
      armed({}, now_ns);
      arm = &arms.back();
    }
    if (arm == nullptr || arm->owner == Arm::Owner::spent) {
      report.other_scan += message.samples.size();
      return;
    }
    for (const Sample& sample : message.samples) count(arm->run.add(sample, now_ns), sample, *arm);
  }

  void count(Added added, const Sample& sample, const Arm& arm) {
    if (added == Added::duplicate) ++report.duplicates;
    if (added == Added::late) ++report.late;
    if (added != Added::kept || &arm != bound || given_up.empty()) return;
    const auto frame = static_cast<std::int64_t>(arm.run.unit_of(sample.index)) + options.index_offset;
    if (frame >= 0 && given_up.contains(static_cast<FrameId>(frame))) ++report.late;
  }

  void stopped(const StreamStop& stop) {
    if (Arm* arm = receiving()) arm->run.stop(stop.complete, stop.reason);
    drop_finished();
  }

  /// The arm of a series that started then; the newest before it, else the first behind it.
  void find_arm(std::int64_t start_ns) {
    Arm* chosen = nullptr;
    for (Arm& arm : arms) {
      if (arm.owner != Arm::Owner::nobody) continue;
      const auto began = arm.run.first_sample_ns;
      if (began && *began < start_ns - nanoseconds(options.arm_window_s)) {
        spend(arm);
      } else if (chosen == nullptr || arm.run.started_ns <= start_ns) {
        if (chosen != nullptr) spend(*chosen);
        chosen = &arm;
      }
    }
    if (chosen != nullptr) bind(*chosen);
    drop_finished();
  }

  // Frames

  bool in_range(const Position& p) const {
    return p.x_m >= options.range_x_m[0] && p.x_m <= options.range_x_m[1] && p.y_m >= options.range_y_m[0] &&
           p.y_m <= options.range_y_m[1];
  }

  Position placed(const std::array<double, 2>& stage) const { return transform(stage[0], stage[1]); }

  static Joined nothing(JoinOutcome why) { return {.outcome = why}; }

  Joined positioned(JoinOutcome outcome, const Position& position) const {
    if (!in_range(position)) return nothing(JoinOutcome::out_of_range);
    return {.outcome = outcome, .position = position};
  }

  /// A frame whose own position will never come, for this reason; nullopt: its neighbour's may.
  std::optional<Joined> replace(const Run& run, std::uint64_t unit, JoinOutcome why) const {
    if (options.missing == Missing::drop) return nothing(why);
    const Group* before = run.usable_before(unit);
    if (before == nullptr) return nothing(why);
    const auto p = run.position(*before);
    if (options.missing == Missing::hold) return positioned(JoinOutcome::held, placed(p));
    const Group* after = run.usable_after(unit);
    if (after == nullptr) return run.stopped() ? std::optional(nothing(why)) : std::nullopt;
    const auto q = run.position(*after);
    const double t =
        static_cast<double>(unit - before->unit) / static_cast<double>(after->unit - before->unit);
    return positioned(JoinOutcome::interpolated,
                      placed({p[0] + t * (q[0] - p[0]), p[1] + t * (q[1] - p[1])}));
  }

  enum class Patience : std::uint8_t { can_wait, cannot_wait };
  std::optional<Joined> known(FrameId id, Patience patience) const {
    if (id < options.skip_frames) return nothing(JoinOutcome::skipped);
    const auto signed_unit = static_cast<std::int64_t>(id) - options.index_offset;
    if (signed_unit < 0) return nothing(JoinOutcome::lost);
    if (bound == nullptr) return std::nullopt;
    const auto unit = static_cast<std::uint64_t>(signed_unit);
    const Run& run = bound->run;
    const Group* group = run.find(unit);
    if (group != nullptr && run.complete(*group)) {
      if (group == &run.groups().front()) {
        const auto left_over = run.first_is_left_over();
        if (!left_over && patience == Patience::can_wait) return std::nullopt;
        if (left_over.value_or(false)) return nothing(JoinOutcome::out_of_range);
      }
      if (!run.usable(*group)) return replace(run, unit, JoinOutcome::not_finite);
      Joined joined = positioned(JoinOutcome::joined, placed(run.position(*group)));
      if (joined.position) joined.monitor = run.monitor(*group);
      return joined;
    }
    if (!run.final(unit)) return std::nullopt;
    const bool beyond = !run.highest_index() || *run.highest_index() < options.skip_samples ||
                        run.unit_of(*run.highest_index()) < unit;
    if (beyond) return nothing(JoinOutcome::ended);
    return replace(run, unit, JoinOutcome::lost);
  }

  Joined settle(FrameId id, const Joined& joined) {
    if (id >= seen.size()) seen.resize(std::max(id + 1, seen.size() * 2));
    if (seen[id]) return joined;  // the same frame again
    seen[id] = true;
    ++report.frames[static_cast<std::size_t>(joined.outcome)];
    frame_end = std::max(frame_end, id + 1);
    if (joined.position) {
      if (bound != nullptr) ++bound->paired;
      steps.add(id, *joined.position);
    } else if (joined.outcome == JoinOutcome::timed_out || joined.outcome == JoinOutcome::crowded_out) {
      given_up.insert(id);
    }
    return joined;
  }

  // The report

  void describe(const Arm& arm) {
    const Run& run = arm.run;
    report.armed = true;
    report.arm_time = run.arm_time;
    report.end_reason = run.end_reason;
    report.complete = run.said_complete;
    report.samples = run.samples;
    report.lost_samples = run.holes();
    report.misnumbered = run.misnumbered();
    std::uint64_t behind = 0;
    for (const Group& group : run.groups()) {
      const auto frame = static_cast<std::int64_t>(group.unit) + options.index_offset;
      if (frame < 0 || !run.usable(group)) continue;
      ++report.positions;
      const auto id = static_cast<FrameId>(frame);
      if (id >= seen.size() || !seen[id]) ++report.unused_positions;
      if (id >= frame_end) ++behind;
    }
    if (run.first_is_left_over().value_or(false))
      report.suspicions.push_back(
          "the first position lies far from all that follow, as one left over of an earlier scan does; its "
          "frame "
          "has none");
    if (report.misnumbered > 0)
      report.suspicions.push_back(std::to_string(report.misnumbered) +
                                  " samples say an index far above the others' and were left out");
    if (const auto held = report[JoinOutcome::held]; held > 0)
      report.suspicions.push_back(
          std::to_string(held) +
          " frames have the position of an earlier one, because their own did not come "
          "(missing_positions = \"hold\"): they lie at a wrong place");
    // Counts that differ by a few betray a trigger too many or too few; where it was, they do not say.
    constexpr std::uint64_t few = 16;
    const auto without = report[JoinOutcome::ended];
    if (run.stopped() && behind > 0 && behind <= few)
      report.suspicions.push_back("there are " + std::to_string(behind) +
                                  " positions more than frames: if the first triggers had no frame, "
                                  "index_offset is too large by as many");
    else if (run.stopped() && without > 0 && without <= few)
      report.suspicions.push_back(
          "the last " + std::to_string(without) +
          " frames have no position: if the first triggers were lost, index_offset is "
          "too small by as many");
  }

  JoinOptions options;
  Transform transform;
  std::list<Arm> arms;   ///< the last one receives
  Arm* bound = nullptr;  ///< the running series'
  std::optional<Arm> table;
  bool open = false;
  bool resumed = false;
  std::vector<bool> seen;  ///< by frame id
  FrameId frame_end = 0;
  std::unordered_set<FrameId> given_up;
  StepCheck steps;
  JoinReport report;
};

Joiner::Joiner(JoinOptions options) : state_(std::make_unique<State>(std::move(options))) {}
Joiner::~Joiner() = default;
Joiner::Joiner(Joiner&&) noexcept = default;
Joiner& Joiner::operator=(Joiner&&) noexcept = default;

void Joiner::set_table(const std::vector<Sample>& samples) {
  Run run(state_->options, {}, 0);
  for (const Sample& sample : samples) run.add(sample, 0);
  run.stop(true, "");
  state_->table.emplace(Arm{.run = std::move(run)});
}

void Joiner::take(const StreamEvent& event, std::int64_t now_ns) {
  State& s = *state_;
  if (const auto* start = std::get_if<StreamStart>(&event)) return s.armed(*start, now_ns);
  if (const auto* samples = std::get_if<StreamSamples>(&event)) return s.samples(*samples, now_ns);
  s.stopped(std::get<StreamStop>(event));
}

void Joiner::begin(std::int64_t start_ns, Begin how, std::optional<double> unit_m) {
  State& s = *state_;
  if (s.open) end();
  s.open = true;
  s.resumed = how == Begin::resumed;
  s.transform.unit_m = unit_m.value_or(s.options.transform.unit_m);
  if (s.table)
    s.bound = &*s.table;
  else
    s.find_arm(start_ns);
}

std::optional<Joined> Joiner::decide(FrameId id, std::int64_t arrival_ns, std::int64_t now_ns) {
  if (const auto joined = state_->known(id, State::Patience::can_wait)) return state_->settle(id, *joined);
  if (now_ns - arrival_ns < nanoseconds(state_->options.max_wait_s)) return std::nullopt;
  return decide_now(id, JoinOutcome::timed_out);
}

Joined Joiner::decide_now(FrameId id, JoinOutcome reason) {
  PTERO_EXPECT(!has_position(reason));
  return state_->settle(id, state_->known(id, State::Patience::cannot_wait).value_or(State::nothing(reason)));
}

bool Joiner::arm_runs() const {
  const Arm* bound = state_->bound;
  return bound != nullptr && bound->paired > 0 && !bound->run.stopped();
}

JoinReport Joiner::end() {
  State& s = *state_;
  if (s.bound != nullptr) s.describe(*s.bound);
  s.report.median_step_m = s.steps.median_m();
  JoinReport report = std::exchange(s.report, {});
  if (s.bound != nullptr && !s.table) s.spend(*s.bound);
  s.bound = nullptr;
  s.drop_finished();
  s.open = false;
  s.seen.clear();
  s.given_up.clear();
  s.frame_end = 0;
  s.steps = {};
  return report;
}

}  // namespace ptero::positions
