#pragma once

#include <ptero/codec/codec.hpp>
#include <ptero/simplon/encode.hpp>
#include <ptero/simplon/message.hpp>

#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

namespace ptero::simplon::test {

/// 6 x 16 pixels: not square, so that a swapped shape shows; a whole number of bitshuffle granules.
inline const Shape shape{6, 16};

inline SeriesInfo series() {
  SeriesInfo info{.id = 43, .uid = "scan-43", .n_expected = 1836, .frame_shape = shape, .dtype = Dtype::u16};
  info.wavelength_m = 1.4e-10;
  info.distance_m = 1.92;
  info.detector_pixel_m = 75e-6;
  info.centre_row = 2.5;
  info.centre_col = 7.25;
  info.mask.assign(shape.count(), 0);
  info.mask[17] = 1;  // row 1, column 1
  return info;
}

inline std::vector<std::byte> pixel_bytes(Dtype dtype) {
  std::vector<std::byte> out(shape.count() * size_of(dtype));
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<std::byte>(i * 37 + i / 7);
  if (dtype == Dtype::f32)  // numbers, so that they can be compared as such
    for (std::size_t i = 0; i < shape.count(); ++i) {
      const float value = 0.5F * static_cast<float>(i);
      std::memcpy(out.data() + 4 * i, &value, 4);
    }
  return out;
}

inline Frame frame(Dtype dtype = Dtype::u16, Codec codec = Codec::none, FrameId id = 7) {
  const auto pixels = pixel_bytes(dtype);
  Frame out{.id = id, .shape = shape, .dtype = dtype, .codec = codec};
  out.payload =
      codec == Codec::none ? Bytes::take(pixels) : Bytes::take(codec::encode(codec, pixels, size_of(dtype)));
  out.t_start_ns = 1'000'000;
  out.t_stop_ns = 3'500'000;
  return out;
}

inline Bytes bytes(const std::string& text) {
  return Bytes::take(text);
}

/// "d9 d9f7" as bytes.
inline std::string from_hex(const std::string& hex) {
  std::string out;
  std::string digits;
  for (char c : hex)
    if (c != ' ' && c != '\n') digits += c;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
    out.push_back(static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16)));
  return out;
}

template <class T>
T read(const Result<Message, Fault>& message) {
  if (!message) throw std::runtime_error("refused: " + std::string(name_of(message.reason().fault)));
  return std::get<T>(*message);
}

inline std::string pixels_of(const Frame& frame) {
  const auto decoded = codec::decode(frame);
  if (!decoded) throw std::runtime_error("does not decode: " + std::string(name_of(decoded.reason())));
  return std::string(decoded->text());
}

inline std::string pixels_of(Dtype dtype) {
  return std::string(Bytes::take(pixel_bytes(dtype)).text());
}

}  // namespace ptero::simplon::test
