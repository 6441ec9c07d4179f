#pragma once
// simplon: the detector streams of DECTRIS' SIMPLON interface, version 1 (JSON and blobs in several parts)
// and version 2 (CBOR in one), bytes to frames and back; no sockets. Pure functions; call them from any
// thread. Source: DECTRIS, SIMPLON API reference and stream V2 specification, and recordings of both.

#include <cstdint>
#include <optional>
#include <ptero/core/result.hpp>
#include <ptero/core/series.hpp>
#include <string>
#include <variant>
#include <vector>

namespace ptero::simplon {

/// The announcement of a series. Everything of it that SeriesInfo has no field for is in info.detector.
struct Start {
  /// uid is empty in version 1. frame_shape 0 x 0: the header does not say it. The mask is kept only where
  /// its shape is the frames'. n_expected is absent where the detector was told to run until it is stopped.
  SeriesInfo info;
  bool dtype_known = false;           ///< info.dtype is what the header says; an image's own type decides
  std::vector<std::string> warnings;  ///< what of the header could not be used, a sentence each
};

struct Image {
  std::uint64_t series = 0;
  std::string uid;                   ///< of the series; version 2 only
  Frame frame;                       ///< the payload is a view of the message; the id may be any number
  std::string channel;               ///< of the frame; version 2 only
  std::uint32_t other_channels = 0;  ///< which the message holds besides
  Bytes appendix;  ///< as it was sent: bytes (version 1), CBOR (version 2); empty without one
};

struct End {
  std::uint64_t series = 0;
  std::string uid;  ///< of the series; version 2 only
};

using Message = std::variant<Start, Image, End>;

/// A message that cannot be used; what could be read of it all the same.
struct Fault {
  FrameFault fault = FrameFault::malformed;
  std::optional<std::uint64_t> series;
  std::optional<FrameId> frame;
  std::string uid = {};    ///< of the series, where the message says it
  std::string dtype = {};  ///< of the pixels, where ptero cannot take it
};

struct DecodeOptions {
  std::size_t max_frame_bytes = std::size_t{64} << 20;  ///< decoded; larger images are refused
  std::string channel;  ///< version 2, of several: this one, or the first where it is empty or not there
};

/// A message of several parts. Payloads with codec lz4 come in the framing of HDF5 filter 32004, whatever
/// they were sent as; big-endian pixels are decoded and swapped.
Result<Message, Fault> decode_v1(const Parts& parts, const DecodeOptions& options);
/// A message of one part.
Result<Message, Fault> decode_v2(const Parts& parts, const DecodeOptions& options);

/// True for an image in the layout of firmware before 2022.1, which decode_v2 refuses as wrong_version.
bool is_before_v2(const Parts& parts);

}  // namespace ptero::simplon
