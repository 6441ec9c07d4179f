#include "speaker.hpp"

#include <algorithm>
#include <thread>

#include <ptero/codec/codec.hpp>
#include <ptero/simplon/encode.hpp>
#include <ptero/wire/stream.hpp>

namespace ptero::detector {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

namespace {

/// How one protocol says the messages of a series.
struct Tongue {
  Parts (*start)(const SeriesInfo& info, std::int64_t armed_utc_ns);
  Parts (*image)(const SeriesInfo& info, std::int64_t armed_utc_ns, Frame frame);
  Parts (*end)(const SeriesInfo& info, std::uint64_t frames);
};

Tongue tongue_of(Protocol protocol) {
  switch (protocol) {
    case Protocol::simplon1:
      return {[](const SeriesInfo& info, std::int64_t) { return simplon::encode_start_v1(info); },
              [](const SeriesInfo& info, std::int64_t, Frame frame) {
                return simplon::encode_image_v1(info.id, frame);
              },
              [](const SeriesInfo& info, std::uint64_t) { return simplon::encode_end_v1(info.id); }};
    case Protocol::simplon2:
      return {
          [](const SeriesInfo& info, std::int64_t armed) { return simplon::encode_start_v2(info, armed); },
          [](const SeriesInfo& info, std::int64_t armed, Frame frame) {
            return simplon::encode_image_v2(info.id, info.uid, frame, armed);
          },
          [](const SeriesInfo& info, std::uint64_t) { return simplon::encode_end_v2(info.id, info.uid); }};
    case Protocol::native:
      break;
  }
  return {[](const SeriesInfo& info, std::int64_t) { return wire::encode(info); },
          [](const SeriesInfo& info, std::int64_t, Frame frame) {
            return wire::encode(wire::StreamFrame{info.id, std::move(frame), info.uid});
          },
          [](const SeriesInfo& info, std::uint64_t frames) {
            return wire::encode(wire::StreamEnd{info.id, frames, info.uid});
          }};
}

}  // namespace

Speaker::Speaker(Protocol protocol, const SeriesInfo& info)
    : protocol_(protocol),
      info_(info),
      armed_utc_ns_(std::chrono::nanoseconds(std::chrono::system_clock::now().time_since_epoch()).count()) {}

Parts Speaker::start() const {
  return tongue_of(protocol_).start(info_, armed_utc_ns_);
}

Parts Speaker::image(Frame frame) const {
  return tongue_of(protocol_).image(info_, armed_utc_ns_, std::move(frame));
}

Parts Speaker::end(std::uint64_t frames) const {
  return tongue_of(protocol_).end(info_, frames);
}

bool send(transport::Socket& push, const Parts& parts, std::stop_token stop) {
  while (!stop.stop_requested())
    if (push.send(parts, 100ms) == transport::Socket::Sent::yes) return true;
  return false;
}

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

double seconds_since(Clock::time_point begun) {
  return std::chrono::duration<double>(Clock::now() - begun).count();
}

}  // namespace ptero::detector
