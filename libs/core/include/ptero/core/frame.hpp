#pragma once
// The vocabulary of a scan: frames, their ids, and what can be wrong with one.

#include <cstdint>
#include <optional>
#include <ptero/core/bytes.hpp>
#include <ptero/core/dtype.hpp>
#include <ptero/core/image.hpp>
#include <ptero/core/position.hpp>
#include <ptero/core/result.hpp>
#include <string_view>

namespace ptero {

/// The detector's own 0-based index in the series: the only key for joining anything.
using FrameId = std::uint64_t;

/// Ids from here on are taken for damaged headers: no scan has so many frames, and a table of them fits no
/// memory. Announced numbers of frames and scan plans may reach it.
inline constexpr FrameId max_frame_id = 100'000'000;

/// How a payload is compressed.
enum class Codec : std::uint8_t { none, lz4, bslz4 };

std::string_view name_of(Codec codec);
std::optional<Codec> codec_from_name(std::string_view name);

/// Why a frame, or the message that should have held one, cannot be used. Metrics count by these.
/// The numbers are stored in journals; never renumber, a new fault goes behind the last.
enum class FrameFault : std::uint8_t {
  malformed = 0,      ///< not the message it should be: bad MessagePack, a required key missing or mistyped
  wrong_version = 1,  ///< another major version of the message
  size_mismatch = 2,  ///< shape x dtype, nbytes and the payload do not agree
  too_large = 3,      ///< above the configured maximum of a frame
  unsupported_dtype = 4,  ///< a pixel type outside Dtype
  unsupported_codec = 5,  ///< a codec this build cannot decode
  wrong_shape = 6,        ///< another shape or dtype than the series announced
  bad_payload = 7,        ///< the payload does not decompress
};

std::string_view name_of(FrameFault fault);

/// One diffraction pattern as received. The payload stays compressed and is shared, never copied.
struct Frame {
  FrameId id = 0;
  Shape shape;
  Dtype dtype = Dtype::u16;
  Codec codec = Codec::none;
  std::uint32_t block_bytes = 0;  ///< block size of the codec; 0 = the codec's default
  Bytes payload;                  ///< as received; C order once decoded
  std::int64_t t_start_ns = 0;    ///< exposure, on the detector's clock; only for diagnostics
  std::int64_t t_stop_ns = 0;
  std::optional<Position> position;  ///< absent: not known (yet)
  std::optional<double> monitor;     ///< incident intensity of this exposure, arbitrary units

  std::size_t decoded_bytes() const { return shape.count() * size_of(dtype); }
};

}  // namespace ptero
