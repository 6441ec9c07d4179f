#include "file_checksum.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <ptero/core/crc32c.hpp>
#include <ptero/core/file.hpp>
#include <ptero/h5/write.hpp>

namespace ptero::h5 {

namespace {

static_assert(std::endian::native == std::endian::little, "the checksum is little endian");

/// What stands behind the end of the file.
struct Trailer {
  std::array<char, 8> magic{'P', 'T', 'E', 'R', 'O', 'S', 'U', 'M'};
  std::uint64_t length = 0;  ///< of the file before it
  std::uint32_t crc = 0;     ///< of these bytes
  std::uint32_t zero = 0;
};
static_assert(sizeof(Trailer) == 24);

std::uint32_t crc_of(const File& file, std::uint64_t length) {
  std::vector<std::byte> buffer(std::size_t{1} << 20);
  std::uint32_t crc = 0;
  for (std::uint64_t at = 0; at < length;) {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), length - at));
    const std::size_t n = file.read(std::span(buffer).first(wanted), at);
    if (n == 0) break;
    crc = crc32c(std::span(buffer).first(n), crc);
    at += n;
  }
  return crc;
}

}  // namespace

void add_checksum(const std::filesystem::path& path) {
  const File file(path, O_RDWR);
  Trailer trailer;
  trailer.length = file.size();
  trailer.crc = crc_of(file, trailer.length);
  if (::pwrite(file.fd(), &trailer, sizeof trailer, static_cast<off_t>(trailer.length)) !=
      static_cast<ssize_t>(sizeof trailer))
    throw Error("cannot write " + path.string(), errno_text());
}

void compare_checksum(const std::filesystem::path& path) {
  const File file(path, O_RDONLY);
  const std::uint64_t size = file.size();
  Trailer found;
  if (size < sizeof found) return;
  const std::uint64_t length = size - sizeof found;
  if (file.read(std::as_writable_bytes(std::span(&found, 1)), length) < sizeof found ||
      found.magic != Trailer{}.magic)
    return;
  if (found.length != length || found.crc != crc_of(file, length))
    throw InputError(path.string() + " is damaged", "its checksum does not match",
                     "copy it again from where it came, or make it again");
}

}  // namespace ptero::h5
