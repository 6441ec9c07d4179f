#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace ptero {

/// Why a selected frame is not in the image. The numbers go into files and messages; never renumber, a new
/// reason goes behind the last.
enum class LeftOut : std::uint8_t {
  no_pixels = 0,          ///< every pixel is masked, or flagged by the detector
  unreadable = 1,         ///< its pixels cannot be decoded
  outlying_position = 2,  ///< far from where all others lie
  another_size = 3,       ///< its shape or type differs from the frames before it
  saturated = 4,          ///< too many pixels at or above the saturation
  zero = 5,               ///< no counts
  not_finite = 6,         ///< its position is NaN or infinite
  no_position = 7,        ///< it has none
};

inline constexpr std::array all_left_out = {
    LeftOut::no_pixels, LeftOut::unreadable, LeftOut::outlying_position, LeftOut::another_size,
    LeftOut::saturated, LeftOut::zero,       LeftOut::not_finite,        LeftOut::no_position};

/// The key in reports, events and metrics: as the enumerator is spelled.
std::string_view name_of(LeftOut reason);
/// The same for people: "no position".
std::string_view words_of(LeftOut reason);

/// What became of the selected frames of a series: their sum is the number that was selected.
struct ImageFrames {
  std::uint64_t in_image = 0;
  std::uint64_t waiting = 0;  ///< not come in yet, or not handed to the solver yet
  std::array<std::uint64_t, all_left_out.size()> left_out{};  ///< by the number of the reason

  std::uint64_t& operator[](LeftOut reason) { return left_out[static_cast<std::size_t>(reason)]; }
  std::uint64_t operator[](LeftOut reason) const { return left_out[static_cast<std::size_t>(reason)]; }
  std::uint64_t all_left_out_frames() const;
  std::uint64_t selected() const { return in_image + waiting + all_left_out_frames(); }
  /// Less than half of what was selected is in the image: not an image of this scan.
  bool too_few() const { return in_image * 2 < selected(); }

  friend bool operator==(const ImageFrames&, const ImageFrames&) = default;
};

/// The reasons that occurred, the most frequent first: "3 no position, 1 saturated"; empty where none did.
std::string describe_left_out(const ImageFrames& frames);

}  // namespace ptero
