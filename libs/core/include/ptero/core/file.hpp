#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <functional>
#include <ptero/core/error.hpp>
#include <span>
#include <string>
#include <utility>

namespace ptero {

/// What errno says, for the "why" of an error.
std::string errno_text();

/// A POSIX file descriptor that closes itself.
class File {
 public:
  File() = default;
  /// flags as for open(2). Throws InputError: a path that does not open is the user's.
  File(const std::filesystem::path& path, int flags);
  ~File();
  File(File&& other) noexcept : fd_(std::exchange(other.fd_, -1)), path_(std::move(other.path_)) {}
  File& operator=(File&& other) noexcept;

  int fd() const { return fd_; }
  const std::filesystem::path& path() const { return path_; }
  std::uint64_t size() const;
  /// Fills `out` from `offset`; returns the bytes read, less than asked only at the end of the file.
  std::size_t read(std::span<std::byte> out, std::uint64_t offset) const;
  void sync() const;

 private:
  int fd_ = -1;
  std::filesystem::path path_;
};

/// Waits until the name of a file is on the disk, which it is only once its folder is. Throws Error.
void sync_folder_of(const std::filesystem::path& path);

/// Lets `write` make a file beside `path`, syncs it and renames it onto `path`; on failure nothing is left
/// behind.
void write_atomically(const std::filesystem::path& path,
                      const std::function<void(const std::filesystem::path& temporary)>& write);

}  // namespace ptero
