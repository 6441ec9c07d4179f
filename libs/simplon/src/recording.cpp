#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <ptero/core/error.hpp>
#include <ptero/simplon/recording.hpp>

#include "cbor_reader.hpp"
#include "json.hpp"

namespace ptero::simplon {

namespace {

constexpr std::size_t length_bytes = 8;

InputError broken(const std::filesystem::path& path, std::size_t at, const std::string& why) {
  return InputError("cannot replay " + path.string(), why + " at byte " + std::to_string(at),
                    "give a recording of a detector's stream: CBOR arrays of byte strings, or parts each "
                    "behind its length");
}

Bytes read_whole(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw InputError("cannot read " + path.string(), std::strerror(errno));
  std::string text{std::istreambuf_iterator<char>(in), {}};
  if (!in.good() && !in.eof()) throw InputError("cannot read " + path.string(), std::strerror(errno));
  return Bytes::take(std::move(text));
}

Bytes within(const Bytes& file, std::span<const std::byte> inside) {
  return Bytes(std::make_shared<const Bytes>(file), inside);
}

std::uint64_t little_endian(const std::byte* at) {
  std::uint64_t value = 0;
  for (int i = 7; i >= 0; --i) value = (value << 8) | std::to_integer<std::uint64_t>(at[i]);
  return value;
}

/// [i64 length][bytes] from the first byte on.
bool has_lengths(std::span<const std::byte> file) {
  return file.size() > length_bytes && little_endian(file.data()) <= file.size() - length_bytes &&
         little_endian(file.data()) > 0;
}

/// Of version 1: what follows belongs to it until the next such part.
bool begins_a_message(const Bytes& part) {
  if (!part.text().starts_with('{')) return false;
  const auto head = parse_object(part);
  if (!head) return false;
  const std::string type = text_at(*head, "htype");
  return type.starts_with("dheader-") || type.starts_with("dimage-") || type.starts_with("dseries_end-");
}

std::vector<Parts> read_parts(const std::filesystem::path& path, const Bytes& file) {
  std::vector<Parts> messages;
  for (std::size_t at = 0; at < file.size();) {
    const std::size_t rest = file.size() - at;
    const auto length = rest < length_bytes ? UINT64_MAX : little_endian(file.data() + at);
    if (rest < length_bytes || length > rest - length_bytes) throw broken(path, at, "a part is cut short");
    const Bytes part = within(file, file.span().subspan(at + length_bytes, static_cast<std::size_t>(length)));
    // Version 2 has one part a message, and never begins with a brace.
    const bool in_v1 = !messages.empty() && messages.back()[0].text().starts_with('{');
    if (!in_v1 || begins_a_message(part)) messages.emplace_back();
    messages.back().push_back(part);
    at += length_bytes + static_cast<std::size_t>(length);
  }
  return messages;
}

std::vector<Parts> read_cbor(const std::filesystem::path& path, const Bytes& file) {
  std::vector<Parts> messages;
  CborReader cbor(file.span());
  while (!cbor.at_end()) {
    const std::size_t at = cbor.position();
    while (cbor.peek() && cbor.peek()->major == CborReader::tag_major) (void)cbor.head();
    const auto parts = cbor.array();
    if (!parts || *parts == 0) throw broken(path, at, "no array of parts begins");
    auto& message = messages.emplace_back();
    for (std::uint64_t i = 0; i < *parts; ++i) {
      const auto part = cbor.bytes();
      if (!part) throw broken(path, cbor.position(), "there is no byte string");
      message.push_back(within(file, *part));
    }
  }
  return messages;
}

}  // namespace

std::vector<Parts> read_recording(const std::filesystem::path& path) {
  const Bytes file = read_whole(path);
  if (file.empty()) throw broken(path, 0, "the file is empty, so the first message is missing");
  return has_lengths(file.span()) ? read_parts(path, file) : read_cbor(path, file);
}

bool is_recording(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::array<char, 24> head{};
  in.read(head.data(), head.size());
  if (in.gcount() < 16) return false;
  const auto bytes = std::as_bytes(std::span(head));
  // HDF5's signature reads as a CBOR array of nine whose first is a byte string.
  if (std::string_view(head.data(), 4) == "\x89HDF") return false;
  std::error_code ignored;
  const auto length = little_endian(bytes.data());
  const auto first = std::to_integer<unsigned>(bytes[length_bytes]);
  if (length > 0 && length + length_bytes <= std::filesystem::file_size(path, ignored) &&
      (first == '{' || first == 0xd9 || first >> 5 == 5))
    return true;
  CborReader cbor(bytes);
  while (cbor.peek() && cbor.peek()->major == CborReader::tag_major) (void)cbor.head();
  const auto array = cbor.head();
  const auto string = cbor.head();
  return array && array->major == CborReader::array_major && array->value > 0 && string &&
         string->major == CborReader::bytes_major;
}

}  // namespace ptero::simplon
