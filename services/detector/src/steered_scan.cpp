#include <ptero/services/detector/steered_scan.hpp>

#include <cmath>

#include <ptero/core/error.hpp>
#include <ptero/runtime/clock.hpp>
#include <ptero/steering/follower.hpp>
#include <ptero/wire/events.hpp>

#include "advice_ear.hpp"
#include "speaker.hpp"

namespace ptero::detector {

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using Kind = steering::Order::Kind;

steering::Bounds field_of(const RasterPlan& grid) {
  const double x = grid.step_x_m * static_cast<double>(grid.cols - 1) / 2;
  const double y = grid.step_y_m * static_cast<double>(grid.rows - 1) / 2;
  return {-x, -y, x, y};
}

Clock::duration seconds(double s) {
  return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(s));
}

/// One run: the stage, what it was told, what it did.
class SteeredScan {
 public:
  SteeredScan(transport::Context& context, transport::Socket& push, const synth::SimulatorOptions& simulation,
              const SendOptions& options, const SteeredOptions& steered, std::stop_token stop)
      : simulator_(simulation),
        info_(without_plan(simulator_.info())),
        options_(options),
        steered_(steered),
        stop_(std::move(stop)),
        push_(push),
        ear_(context, steered.advice, info_.uid),
        follower_({.reach = steered.reach.value_or(field_of(simulation.grid))}) {}

  SteeredResult run(const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
    if (!send(push_, speaker_.start(), stop_)) return result_;
    begun_ = busy_ = Clock::now();
    while (!stop_.stop_requested()) {
      const steering::Order order = next(0ms);
      if (order.kind == Kind::stop) return finish(SteeredResult::End::converged);
      if (order.kind == Kind::wait) {
        if (follower_.undecided()) busy_ = Clock::now();
        if (seconds_since(busy_) > steered_.patience_s) return finish(SteeredResult::End::no_advice);
        next(50ms);
        continue;
      }
      move_to(order.place);
      // What was advised when it set off may have been taken back on the way.
      const steering::Order now = next(0ms);
      if (now.kind != Kind::measure || now.place != order.place) continue;
      if (!expose(order.place)) break;
      if (progress) progress(result_.frames, simulator_.count());
    }
    return finish(SteeredResult::End::stopped);
  }

 private:
  static SeriesInfo without_plan(SeriesInfo info) {
    info.raster.reset();
    info.n_expected.reset();
    return info;
  }

  /// What to do, after hearing what there is to hear, at most `wait` for the first word.
  steering::Order next(std::chrono::milliseconds wait) {
    for (; const auto word = ear_.hear(wait); wait = 0ms) follower_.hear(word->advice);
    return follower_.next(runtime::steady_now_ns());
  }

  void move_to(const Position& place) {
    const double way_m = stage_ ? std::hypot(place.x_m - stage_->x_m, place.y_m - stage_->y_m) : 0;
    if (!stage_ || way_m > 0)
      wait_until(Clock::now() + seconds(way_m / steered_.speed_m_s + steered_.settle_s), stop_);
    stage_ = place;
    result_.travel_m += way_m;
  }

  bool expose(const Position& place) {
    const auto opened = Clock::now();
    Frame frame = simulator_.frame_at(result_.frames, place);
    compress(frame, options_.codec);
    if (options_.rate_hz > 0) wait_until(opened + seconds(1 / options_.rate_hz), stop_);
    frame.t_start_ns = (opened - begun_) / 1ns;
    frame.t_stop_ns = (Clock::now() - begun_) / 1ns;
    if (!send(push_, speaker_.image(std::move(frame)), stop_)) return false;
    ++result_.frames;
    follower_.measured(place, runtime::steady_now_ns());
    busy_ = Clock::now();
    return true;
  }

  SteeredResult finish(SteeredResult::End end) {
    result_.end = end;
    result_.complete = !stop_.stop_requested() && send(push_, speaker_.end(result_.frames), stop_);
    if (!result_.complete) result_.end = SteeredResult::End::stopped;
    result_.seconds = seconds_since(begun_);
    return result_;
  }

  const synth::Simulator simulator_;
  const SeriesInfo info_;
  const Speaker speaker_{Protocol::native, info_};
  const SendOptions& options_;
  const SteeredOptions& steered_;
  const std::stop_token stop_;
  transport::Socket& push_;
  AdviceEar ear_;
  steering::Follower follower_;
  std::optional<Position> stage_;
  Clock::time_point begun_, busy_;
  SteeredResult result_;
};

}  // namespace

std::string_view name_of(SteeredResult::End end) {
  return end == SteeredResult::End::converged   ? "converged"
         : end == SteeredResult::End::no_advice ? "no advice"
                                                : "stopped";
}

void check_steered(const SendOptions& send, const SteeredOptions& steered) {
  const synth::FaultRates& f = send.faults;
  if (send.protocol != Protocol::native)
    throw InputError("a scan that follows advice cannot be sent in this protocol", "it carries no positions",
                     "give --protocol native");
  if (send.stage != nullptr || f.drop > 0 || f.duplicate > 0 || f.swap > 0 || f.corrupt > 0)
    throw InputError("a scan that follows advice has no faults and its positions in the frames",
                     "which frames come is not known beforehand", "leave those options out");
  if (!(steered.speed_m_s > 0) || !(steered.settle_s >= 0) || !(steered.patience_s > 0))
    throw InputError("the stage's speed, settling or patience does not fit", "",
                     "give a speed and a patience above 0 and a settling of 0 or more");
}

SteeredResult send_steered(transport::Context& context, transport::Socket& push,
                           const synth::SimulatorOptions& simulation, const SendOptions& options,
                           const SteeredOptions& steered, std::stop_token stop,
                           const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
  check_steered(options, steered);
  return SteeredScan(context, push, simulation, options, steered, std::move(stop)).run(progress);
}

}  // namespace ptero::detector
