#include "speaker.hpp"

#include <algorithm>
#include <thread>

#include <ptero/codec/codec.hpp>
#include <ptero/simplon/encode.hpp>
#include <ptero/wire/stream.hpp>

namespace ptero::detector {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

Parts Speaker::start() const {
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

Parts Speaker::image(Frame frame) const {
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

Parts Speaker::end(std::uint64_t frames) const {
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
