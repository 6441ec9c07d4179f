#pragma once

#include <cstdint>
#include <string>

namespace ptero::transport {

/// What a CURVE client shows and expects, 40 characters of Z85 each; all three, or none: no encryption.
struct CurveKeys {
  std::string server_public;
  std::string own_public;
  std::string own_secret;

  bool given() const { return !server_public.empty(); }
};

enum class CurveHalf : std::uint8_t { of_public, of_secret };

/// A key from a file: the 40 characters alone, or a certificate of CZMQ and pyzmq (public-key = "...",
/// secret-key = "..."). Throws InputError naming the file.
std::string read_curve_key(const std::string& path, CurveHalf half);

}  // namespace ptero::transport
