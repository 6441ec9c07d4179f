#include <ptero/services/detector/sender.hpp>

#include <chrono>
#include <thread>

#include <ptero/codec/codec.hpp>
#include <ptero/core/error.hpp>
#include <ptero/simplon/encode.hpp>
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

/// One series in one protocol.
class Speaker {
 public:
  Speaker(Protocol protocol, const SeriesInfo& info) : protocol_(protocol), info_(info) {}

  Parts start() const {
    switch (protocol_) {
      case Protocol::simplon1:
        return simplon::encode_start_v1(info_);
      case Protocol::simplon2:
        return simplon::encode_start_v2(info_);
      case Protocol::native:
        break;
    }
    return wire::encode(info_);
  }
  Parts image(Frame frame) const {
    switch (protocol_) {
      case Protocol::simplon1:
        return simplon::encode_image_v1(info_.id, frame);
      case Protocol::simplon2:
        return simplon::encode_image_v2(info_.id, info_.uid, frame);
      case Protocol::native:
        break;
    }
    return wire::encode(wire::StreamFrame{info_.id, std::move(frame)});
  }
  /// Only the native end says how many frames there were.
  Parts end(std::uint64_t frames) const {
    switch (protocol_) {
      case Protocol::simplon1:
        return simplon::encode_end_v1(info_.id);
      case Protocol::simplon2:
        return simplon::encode_end_v2(info_.id, info_.uid);
      case Protocol::native:
        break;
    }
    return wire::encode(wire::StreamEnd{info_.id, frames});
  }

 private:
  Protocol protocol_;
  const SeriesInfo& info_;
};

Clock::time_point due_at(Clock::time_point begun, std::uint64_t number, double rate_hz) {
  return begun + std::chrono::duration_cast<Clock::duration>(
                     std::chrono::duration<double>(static_cast<double>(number) / rate_hz));
}

double seconds_since(Clock::time_point begun) {
  return std::chrono::duration<double>(Clock::now() - begun).count();
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
    frame->t_stop_ns = std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - begun).count();
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
