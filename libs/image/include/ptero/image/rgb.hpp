#pragma once

#include <cstdint>

namespace ptero::image {

/// One sRGB pixel of 8 bits a channel.
struct Rgb {
  std::uint8_t r = 0;
  std::uint8_t g = 0;
  std::uint8_t b = 0;

  friend bool operator==(const Rgb&, const Rgb&) = default;
};

}  // namespace ptero::image
