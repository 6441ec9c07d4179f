#include "frame_look.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <ptero/core/error.hpp>

namespace ptero::scanfile {

namespace {

constexpr std::size_t most_frames = 16;
constexpr std::size_t most_bytes = std::size_t{256} << 20;

/// Evenly spread.
std::vector<std::uint64_t> chosen(const FrameStore& frames, std::uint64_t first, std::uint64_t count) {
  const std::size_t bytes = frames.shape().count() * size_of(frames.dtype());
  const std::uint64_t wanted =
      std::clamp<std::uint64_t>(most_bytes / std::max<std::size_t>(bytes, 1), 3, most_frames);
  std::vector<std::uint64_t> ids;
  const std::uint64_t step = std::max<std::uint64_t>(1, count / wanted);
  for (std::uint64_t i = 0; i < count && ids.size() < wanted; i += step) {
    std::uint64_t id = first + i;
    while (id < first + count && id < first + i + step && frames.absence(id) != Absence::none) ++id;
    if (id < first + count && frames.absence(id) == Absence::none) ids.push_back(id);
  }
  return ids;
}

template <class F>
void each_frame(const FrameStore& frames, const std::vector<std::uint64_t>& ids, F&& f) {
  for (const std::uint64_t id : ids) {
    std::vector<std::byte> pixels;
    try {
      pixels = frames.read(id);
    } catch (const InputError&) {
      continue;  // said when it is asked for
    }
    with_dtype(frames.dtype(), [&]<class T>(T) {
      f([&](std::size_t i) {
        T value;
        std::memcpy(&value, pixels.data() + i * sizeof(T), sizeof(T));
        return static_cast<double>(value);
      });
    });
  }
}

/// All ones, or one less, of a type narrower than the pixels' own: what a file was converted from.
bool is_narrower_flag(double value, Dtype dtype) {
  const auto is = [&](double ones) { return value == ones || value == ones - 1; };
  return (size_of(dtype) > 2 && is(std::numeric_limits<std::uint16_t>::max())) ||
         (dtype == Dtype::f32 &&
          value == static_cast<double>(static_cast<float>(std::numeric_limits<std::uint32_t>::max())));
}

/// Of integers: flags are the same pixels in every frame, noise about zero is not.
bool is_noise(FrameStore& frames, const std::vector<std::uint64_t>& ids) {
  const std::size_t pixels = frames.shape().count();
  std::vector<std::size_t> below(pixels, 0);
  std::size_t looked_at = 0;
  each_frame(frames, ids, [&](auto value) {
    ++looked_at;
    for (std::size_t i = 0; i < pixels; ++i) below[i] += value(i) < 0 ? 1 : 0;
  });
  std::size_t sometimes = 0, always = 0;
  for (const std::size_t n : below) {
    sometimes += n > 0 && n < looked_at ? 1 : 0;
    always += looked_at > 0 && n == looked_at ? 1 : 0;
  }
  return looked_at > 2 && sometimes > always && sometimes * 100 > pixels;
}

}  // namespace

FrameLook look_at(FrameStore& frames, std::uint64_t first, std::uint64_t count) {
  const auto ids = chosen(frames, first, count);
  FrameLook look;
  if (frames.is_signed()) {
    frames.keep_negatives();
    look.negative_noise = is_noise(frames, ids);
    if (!look.negative_noise) frames.flag_negatives();
  }
  const std::size_t pixels = frames.shape().count();
  look.sum.assign(pixels, 0);
  look.flagged.assign(pixels, 1);
  look.unusable.assign(pixels, 1);
  const Dtype dtype = frames.dtype();
  const double flag = flag_value(dtype);
  each_frame(frames, ids, [&](auto value) {
    ++look.frames;
    for (std::size_t i = 0; i < pixels; ++i) {
      const double v = value(i);
      const bool narrower =
          is_narrower_flag(v, dtype) || (dtype == Dtype::f32 && !look.negative_noise && (v == -1 || v == -2));
      look.flagged[i] = look.flagged[i] != 0 && narrower ? 1 : 0;
      look.unusable[i] = look.unusable[i] != 0 && (narrower || v >= flag) ? 1 : 0;
      if (v < flag && v > 0 && !narrower) look.sum[i] += v;
    }
  });
  // Two frames agree by chance in noise below zero; a flag stands in all of many.
  constexpr std::size_t enough = 3;
  if (look.frames < enough) look.flagged.assign(pixels, 0);
  if (look.frames == 0) look.unusable.assign(pixels, 0);
  return look;
}

}  // namespace ptero::scanfile
