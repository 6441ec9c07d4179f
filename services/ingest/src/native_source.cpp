#include "native_source.hpp"

namespace ptero::ingest {

void NativeSource::take(const Incoming& incoming, const Emit& emit) {
  // Ids of any size: admission puts them in order.
  emit({.message = wire::decode_stream(incoming.parts, max_frame_bytes_, ~FrameId{0}),
        .native = incoming.parts,
        .raw = incoming.parts,
        .t_arrival_ns = incoming.t_arrival_ns,
        .bytes = incoming.bytes()});
}

}  // namespace ptero::ingest
