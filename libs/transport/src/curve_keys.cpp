#include <zmq.h>

#include <algorithm>
#include <array>
#include <ptero/core/error.hpp>
#include <ptero/core/guarded_file.hpp>
#include <ptero/transport/curve_keys.hpp>
#include <string_view>

#include "curve_text.hpp"

namespace ptero::transport {

namespace {

constexpr std::size_t key_length = 40;

/// What stands in quotes behind `name`.
std::string_view quoted_behind(std::string_view text, std::string_view name) {
  const auto at = text.find(name);
  const auto open = at == text.npos ? at : text.find('"', at);
  return open == text.npos ? std::string_view() : text.substr(open + 1, key_length);
}

/// The layout of RFC 4 (ZPL) that CZMQ and pyzmq use.
std::string certificate(const CurvePair& pair, bool with_secret) {
  std::string text = "#   ZeroMQ CURVE certificate, ";
  text += with_secret ? "DO NOT PROVIDE THIS FILE TO OTHER USERS\n" : "of the public key\n";
  text += "metadata\ncurve\n    public-key = \"" + pair.of_public + "\"\n";
  if (with_secret) text += "    secret-key = \"" + pair.of_secret + "\"\n";
  return text;
}

}  // namespace

bool is_z85_key(std::string_view text) {
  constexpr std::string_view z85 =
      "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";
  return text.size() == key_length &&
         std::all_of(text.begin(), text.end(), [&](char c) { return z85.find(c) != z85.npos; });
}

CurvePair make_curve_pair() {
  std::array<char, key_length + 1> of_public{}, of_secret{};
  if (zmq_curve_keypair(of_public.data(), of_secret.data()) != 0)
    throw Error("cannot make CURVE keys", zmq_strerror(zmq_errno()), "libzmq must be built with CURVE");
  return {of_public.data(), of_secret.data()};
}

std::string curve_public_of(const std::string& secret) {
  std::array<char, key_length + 1> of_public{};
  if (zmq_curve_public(of_public.data(), secret.c_str()) != 0)
    throw Error("cannot compute a CURVE public key", zmq_strerror(zmq_errno()),
                "libzmq must be built with CURVE");
  return of_public.data();
}

std::string read_curve_key(const std::string& path, CurveHalf half) {
  const bool secret = half == CurveHalf::of_secret;
  const std::string text = read_guarded_file(path, secret ? Others::may_do_nothing : Others::may_read);
  const char* name = secret ? "secret-key" : "public-key";
  for (const auto found : {std::string_view(text), quoted_behind(text, name)})
    if (is_z85_key(found)) return std::string(found);
  throw InputError("there is no " + std::string(name) + " in " + path, "",
                   "a key has 40 characters of Z85, alone in its file or in a certificate of pyzmq");
}

void write_certificates(const std::string& stem, const CurvePair& pair) {
  write_guarded_file(stem + ".key_secret", certificate(pair, true), Others::may_do_nothing);
  write_guarded_file(stem + ".key", certificate(pair, false), Others::may_read);
}

}  // namespace ptero::transport
