#include "orientation_look.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

#include <ptero/codec/view.hpp>
#include <ptero/positions/orientation_check.hpp>
#include <ptero/wire/stream.hpp>

namespace ptero::ingest {

namespace {

constexpr std::uint64_t most_frames = 2048;
constexpr std::size_t most_bytes = std::size_t{256} << 20;

/// Along columns and rows, of the good pixels; nullopt: no counts.
std::optional<std::array<double, 2>> centre_of_mass(const Bytes& pixels, const SeriesInfo& info) {
  return with_dtype(computed_as(info.dtype), [&]<class T>(T) -> std::optional<std::array<double, 2>> {
    const auto flag = static_cast<T>(std::min(flag_value(info.dtype), 3.0e38));
    double sum = 0, x = 0, y = 0;
    const auto* at = pixels.data();
    for (std::size_t r = 0; r < info.frame_shape.rows; ++r) {
      double row = 0;
      for (std::size_t c = 0; c < info.frame_shape.cols; ++c, at += sizeof(T)) {
        T value;
        std::memcpy(&value, at, sizeof value);
        if (!(value < flag) || (!info.mask.empty() && info.mask[r * info.frame_shape.cols + c] != 0))
          continue;
        row += static_cast<double>(value);
        x += static_cast<double>(value) * static_cast<double>(c);
      }
      sum += row;
      y += row * static_cast<double>(r);
    }
    if (!(sum > 0)) return std::nullopt;
    return std::array{x / sum, y / sum};
  });
}

}  // namespace

std::optional<std::string> look_at_orientation(const Series& series) {
  const SeriesInfo& info = series.info;
  const std::size_t bytes = std::max<std::size_t>(info.frame_shape.count() * size_of(info.dtype), 1);
  const std::uint64_t frames =
      std::min<std::uint64_t>({most_frames, most_bytes / bytes, series.log.entries()});
  const std::uint64_t first = (series.log.size() - frames) / 2;
  positions::OrientationCheck check;
  for (std::uint64_t sequence = first; sequence < first + frames; ++sequence) {
    const auto entry = series.log.read(sequence);
    if (!entry) continue;
    const auto decoded = wire::decode_entry(*entry);
    const auto* message =
        decoded && decoded->message ? std::get_if<wire::StreamFrame>(&*decoded->message) : nullptr;
    if (message == nullptr) continue;
    const auto position = position_of(info, message->frame);
    if (!position) continue;
    const auto pixels = codec::decode(message->frame, FrameView{});
    const auto centre = pixels ? centre_of_mass(*pixels, info) : std::nullopt;
    if (!centre) continue;
    auto [x, y] = *centre;
    if (info.view.transpose) std::swap(x, y);
    check.add(*position, info.view.flip_cols ? -x : x, info.view.flip_rows ? -y : y);
  }
  const auto suspicion = check.result();
  if (!suspicion) return std::nullopt;
  return fmt::format(
      "the patterns' centre of mass has {:.1f} times less curl with the frames {}: the orientation of "
      "detector and "
      "stage may be wrong",
      suspicion->gain, name_of(suspicion->better));
}

}  // namespace ptero::ingest
