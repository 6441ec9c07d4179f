#pragma once

#include <cstdint>
#include <string>

namespace ptero::transport {

/// Both halves of a key, 40 characters of Z85 each.
struct CurvePair {
  std::string of_public;
  std::string of_secret;
};

/// A new one. Throws Error where libzmq was built without CURVE.
CurvePair make_curve_pair();
std::string curve_public_of(const std::string& secret);

/// What a CURVE client shows and expects; all three, or none: no encryption.
struct CurveKeys {
  std::string server_public;
  std::string own_public;
  std::string own_secret;

  bool given() const { return !server_public.empty(); }
};

enum class CurveHalf : std::uint8_t { of_public, of_secret };

/// A key from a file: the 40 characters alone, or a certificate of CZMQ and pyzmq (public-key = "...",
/// secret-key = "..."). Throws InputError naming the file: unreadable, without such a key, open to others (a
/// secret) or writable by them (a public key).
std::string read_curve_key(const std::string& path, CurveHalf half);

/// Writes the certificates that read_curve_key and pyzmq's zmq.auth read: STEM.key with the public half and
/// STEM.key_secret with both. Throws InputError when there is one already.
void write_certificates(const std::string& stem, const CurvePair& pair);

}  // namespace ptero::transport
