#include <numeric>
#include <ptero/core/frame.hpp>
#include <ptero/core/frame_state.hpp>

namespace ptero {

std::string_view name_of(Codec codec) {
  switch (codec) {
    case Codec::none:
      return "none";
    case Codec::lz4:
      return "lz4";
    case Codec::bslz4:
      break;
  }
  return "bslz4";
}

std::optional<Codec> codec_from_name(std::string_view name) {
  for (Codec codec : {Codec::none, Codec::lz4, Codec::bslz4})
    if (name == name_of(codec)) return codec;
  return std::nullopt;
}

std::string_view name_of(FrameFault fault) {
  switch (fault) {
    case FrameFault::malformed:
      return "malformed";
    case FrameFault::wrong_version:
      return "wrong_version";
    case FrameFault::size_mismatch:
      return "size_mismatch";
    case FrameFault::too_large:
      return "too_large";
    case FrameFault::unsupported_dtype:
      return "unsupported_dtype";
    case FrameFault::unsupported_codec:
      return "unsupported_codec";
    case FrameFault::wrong_shape:
      return "wrong_shape";
    case FrameFault::bad_payload:
      break;
  }
  return "bad_payload";
}

std::string_view name_of(FrameState state) {
  static constexpr std::array<std::string_view, all_frame_states.size()> names = {
      "expected", "missing", "not_taken",  "corrupt", "unpositioned",
      "excluded", "pending", "background", "selected"};
  return names[static_cast<std::size_t>(state)];
}

std::uint64_t LedgerCounts::total() const {
  return std::accumulate(of.begin(), of.end(), std::uint64_t{0});
}

}  // namespace ptero
