#include <ptero/services/detector/sender.hpp>

#include <chrono>
#include <thread>

#include <ptero/codec/codec.hpp>
#include <ptero/wire/stream.hpp>

namespace ptero::detector {

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

bool send(transport::Socket& push, const Parts& parts, std::stop_token stop) {
  while (!stop.stop_requested())
    if (push.send(parts, 100ms) == transport::Socket::Sent::yes) return true;
  return false;
}

/// The exposure's end: sleeps in slices so that a stop is heard.
void wait_until(Clock::time_point due, std::stop_token stop) {
  while (!stop.stop_requested()) {
    const auto left = due - Clock::now();
    if (left <= 0ns) return;
    std::this_thread::sleep_for(std::min<Clock::duration>(left, 100ms));
  }
}

void compress(Frame& frame, Codec codec) {
  if (codec == Codec::none || frame.codec != Codec::none) return;
  frame.payload = Bytes::take(codec::encode(codec, frame.payload.span(), size_of(frame.dtype)));
  frame.codec = codec;
}

Parts message_for(const SeriesInfo& info, Frame frame, synth::Condition condition, Clock::time_point begun) {
  frame.t_stop_ns = std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - begun).count();
  Parts parts = wire::encode(wire::StreamFrame{info.id, std::move(frame)});
  if (condition == synth::Condition::corrupt) parts.back() = synth::cut_in_half(parts.back());
  return parts;
}

}  // namespace

SendResult send_series(transport::Socket& push, FrameSource& source, const SendOptions& options,
                       std::stop_token stop,
                       const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
  SendResult result;
  const SeriesInfo& info = source.info();
  if (!send(push, wire::encode(info), stop)) return result;
  if (options.stage != nullptr) options.stage->begin(source, info.uid);
  const auto plan = synth::plan_faults(source.size(), options.faults);
  const auto begun = Clock::now();
  for (const auto& delivery : plan.deliveries) {
    if (options.rate_hz > 0)
      wait_until(begun + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(
                             static_cast<double>(result.frames) / options.rate_hz)),
                 stop);
    auto frame = source.frame(delivery.id);
    if (!frame) continue;
    if (options.stage != nullptr) {
      options.stage->advance(delivery.id);
      frame->position.reset();
    }
    compress(*frame, options.codec);
    if (!send(push, message_for(info, *std::move(frame), delivery.condition, begun), stop)) break;
    ++result.frames;
    if (progress) progress(result.frames, plan.deliveries.size());
  }
  if (options.stage != nullptr) options.stage->end();
  result.complete =
      !stop.stop_requested() && send(push, wire::encode(wire::StreamEnd{info.id, source.size()}), stop);
  result.seconds = std::chrono::duration<double>(Clock::now() - begun).count();
  return result;
}

}  // namespace ptero::detector
