#include <ptero/services/detector/sender.hpp>

#include <algorithm>
#include <chrono>

#include <ptero/core/error.hpp>

#include "speaker.hpp"

namespace ptero::detector {

namespace {

using Clock = std::chrono::steady_clock;

Clock::time_point due_at(Clock::time_point begun, std::uint64_t number, double rate_hz) {
  return begun + std::chrono::duration_cast<Clock::duration>(
                     std::chrono::duration<double>(static_cast<double>(number) / rate_hz));
}

/// An exposure lasts until the next begins. Without a rate, since the last frame was sent.
void expose(Frame& frame, Clock::time_point begun, std::uint64_t number, double rate_hz,
            std::int64_t& last_stop_ns) {
  const auto since_begun = [&](Clock::time_point at) { return std::chrono::nanoseconds(at - begun).count(); };
  frame.t_start_ns = rate_hz > 0 ? since_begun(due_at(begun, number, rate_hz)) : last_stop_ns;
  frame.t_stop_ns = rate_hz > 0 ? since_begun(due_at(begun, number + 1, rate_hz))
                                : std::max(since_begun(Clock::now()), last_stop_ns + 1);
  last_stop_ns = frame.t_stop_ns;
}

}  // namespace

Protocol protocol_from_name(const std::string& name) {
  if (name == "native") return Protocol::native;
  if (name == "simplon1") return Protocol::simplon1;
  if (name == "simplon2") return Protocol::simplon2;
  throw InputError("cannot send the protocol '" + name + "'", "", "give native, simplon1 or simplon2");
}

SendResult send_series(transport::Socket& push, FrameSource& source, const SendOptions& options,
                       std::stop_token stop,
                       const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
  SendResult result;
  const SeriesInfo& info = source.info();
  const Speaker speaker(options.protocol, info);
  if (!send(push, speaker.start(), stop)) return result;
  if (options.stage != nullptr) options.stage->begin(source, info.uid);
  const auto plan = synth::plan_faults(source.size(), options.faults);
  const auto begun = Clock::now();
  std::int64_t last_stop_ns = 0;
  for (const auto& delivery : plan.deliveries) {
    if (options.rate_hz > 0) wait_until(due_at(begun, result.frames, options.rate_hz), stop);
    auto frame = source.frame(delivery.id);
    if (!frame) continue;
    if (options.stage != nullptr) {
      options.stage->advance(delivery.id);
      frame->position.reset();
    }
    compress(*frame, options.codec);
    if (delivery.condition == synth::Condition::corrupt) frame->payload = synth::cut_in_half(frame->payload);
    expose(*frame, begun, result.frames, options.rate_hz, last_stop_ns);
    if (!send(push, speaker.image(*std::move(frame)), stop)) break;
    ++result.frames;
    if (progress) progress(result.frames, plan.deliveries.size());
  }
  if (options.stage != nullptr) options.stage->end();
  result.complete = !stop.stop_requested() && send(push, speaker.end(source.size()), stop);
  result.seconds = seconds_since(begun);
  return result;
}

SendResult send_messages(transport::Socket& push, const std::vector<Parts>& messages, double rate_hz,
                         std::stop_token stop,
                         const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
  SendResult result;
  const auto begun = Clock::now();
  for (const auto& message : messages) {
    if (rate_hz > 0) wait_until(due_at(begun, result.frames, rate_hz), stop);
    if (!send(push, message, stop)) break;
    ++result.frames;
    if (progress) progress(result.frames, messages.size());
  }
  result.complete = result.frames == messages.size();
  result.seconds = seconds_since(begun);
  return result;
}

}  // namespace ptero::detector
