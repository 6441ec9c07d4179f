#include <ptero/core/file.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace ptero {

std::string errno_text() {
  return std::strerror(errno);
}

File::File(const std::filesystem::path& path, int flags)
    : fd_(::open(path.c_str(), flags | O_CLOEXEC, 0644)), path_(path) {
  if (fd_ >= 0) return;
  if (errno == EEXIST)
    throw InputError(path.string() + " already exists", {}, "choose another name or move it away");
  throw InputError("cannot open " + path.string(), errno_text(),
                   errno == ENOENT && (flags & O_CREAT) ? "make its directory first" : "");
}

File::~File() {
  if (fd_ >= 0) ::close(fd_);
}

File& File::operator=(File&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(path_, other.path_);
  return *this;
}

std::uint64_t File::size() const {
  struct stat status {};
  if (::fstat(fd_, &status) != 0) throw Error("cannot examine " + path_.string(), errno_text());
  return static_cast<std::uint64_t>(status.st_size);
}

std::size_t File::read(std::span<std::byte> out, std::uint64_t offset) const {
  std::size_t done = 0;
  while (done < out.size()) {
    const ssize_t n = ::pread(fd_, out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw Error("cannot read " + path_.string(), errno_text());
    if (n == 0) break;
    done += static_cast<std::size_t>(n);
  }
  return done;
}

void File::sync() const {
  if (::fdatasync(fd_) != 0) throw Error("cannot sync " + path_.string(), errno_text());
}

void sync_folder_of(const std::filesystem::path& path) {
  const std::filesystem::path parent = path.has_parent_path() ? path.parent_path() : ".";
  const File folder(parent, O_RDONLY | O_DIRECTORY);
  // Some file systems have nothing to sync there.
  if (::fsync(folder.fd()) != 0 && errno != EINVAL)
    throw Error("cannot sync " + parent.string(), errno_text());
}

void write_atomically(const std::filesystem::path& path,
                      const std::function<void(const std::filesystem::path& temporary)>& write) {
  // The process id keeps two writers of one target apart.
  const std::filesystem::path temporary = path.string() + ".tmp" + std::to_string(::getpid());
  try {
    write(temporary);
    File(temporary, O_RDWR).sync();
    std::filesystem::rename(temporary, path);
  } catch (const std::filesystem::filesystem_error& e) {
    std::filesystem::remove(temporary);
    throw Error("cannot write " + path.string(), e.code().message());
  } catch (...) {
    std::error_code ignored;
    std::filesystem::remove(temporary, ignored);
    throw;
  }
  sync_folder_of(path);
}

}  // namespace ptero
