#include <algorithm>
#include <array>
#include <ptero/codec/codec.hpp>
#include <ptero/core/contract.hpp>

#include "targets.hpp"

namespace ptero::fuzz {

namespace {

bool same(ByteSpan a, ByteSpan b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

/// Rows alone are those of the whole frame.
void check_rows(const Frame& frame, const Bytes& whole) {
  const std::size_t rows = frame.shape.rows;
  const std::size_t row_bytes = frame.shape.cols * size_of(frame.dtype);
  const std::size_t first = rows / 3;
  const auto some = codec::decode_rows(frame, first, rows - first - rows / 4);
  PTERO_EXPECT(some.ok());
  PTERO_EXPECT(same(some->span(), whole.span().subspan(first * row_bytes, some->size())));
}

}  // namespace

void codec(ByteSpan input) {
  if (input.size() < 5) return;
  const auto byte = [&](std::size_t i) { return std::to_integer<std::size_t>(input[i]); };
  constexpr std::array codecs{Codec::lz4, Codec::bslz4, Codec::none};
  constexpr std::array dtypes{Dtype::u8, Dtype::u16, Dtype::u32, Dtype::f32};
  const auto payload = input.subspan(5);
  const Frame frame{.shape = {byte(1) | byte(2) << 8, byte(3) | byte(4) << 8},
                    .dtype = dtypes[byte(0) / 3 % 4],
                    .codec = codecs[byte(0) % 3],
                    .payload = Bytes(nullptr, payload)};
  const auto decoded = codec::decode(frame);
  if (!decoded) return;
  PTERO_EXPECT(decoded->size() == frame.decoded_bytes());
  check_rows(frame, *decoded);
  const auto again = codec::encode(frame.codec, decoded->span(), size_of(frame.dtype));
  Frame encoded = frame;
  encoded.payload = Bytes(nullptr, again);
  const auto back = codec::decode(encoded);
  PTERO_EXPECT(back.ok() && same(back->span(), decoded->span()));
}

}  // namespace ptero::fuzz
