#include <ptero/services/host/folder_lock.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include <ptero/core/error.hpp>
#include <ptero/telemetry/log.hpp>

namespace ptero::host {

namespace {

/// Whether the path still leads to what is open: the holder before may have removed it meanwhile.
bool leads_to(const std::filesystem::path& path, int descriptor) {
  struct stat named {
  }, open{};
  return stat(path.c_str(), &named) == 0 && fstat(descriptor, &open) == 0 && named.st_ino == open.st_ino;
}

std::string holder_in(int descriptor) {
  std::array<char, 32> text{};
  const auto n = pread(descriptor, text.data(), text.size() - 1, 0);
  std::string pid(text.data(), n > 0 ? static_cast<std::size_t>(n) : 0);
  pid.erase(pid.find_last_not_of('\n') + 1);
  return pid.empty() ? "" : ", process " + pid;
}

}  // namespace

FolderLock::FolderLock(const std::filesystem::path& folder, const std::string& service)
    : path_((folder.empty() ? "." : folder) / (".ptero-" + service + ".lock")) {
  std::error_code error;
  std::filesystem::create_directories(path_.parent_path(), error);
  if (error) throw InputError("cannot make the folder " + folder.string(), error.message());
  while (true) {
    descriptor_ = open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (descriptor_ < 0)
      throw InputError("cannot write into the folder " + folder.string(), std::strerror(errno),
                       "it must belong to the user who runs ptero");
    if (flock(descriptor_, LOCK_EX | LOCK_NB) == 0) {
      if (leads_to(path_, descriptor_)) break;
    } else if (errno == EWOULDBLOCK) {
      const auto holder = holder_in(descriptor_);
      close(descriptor_);
      throw InputError("another " + service + " writes into " + folder.string(),
                       "it holds " + path_.string() + holder,
                       "stop one of the two, or give this one another folder (out)");
    } else {
      telemetry::Logger(service).warning(
          "the folder knows no locks: a second " + service + " that writes into it would go unnoticed",
          {{"folder", folder.string()}, {"why", std::strerror(errno)}});
      return;
    }
    close(descriptor_);
  }
  const std::string pid = std::to_string(getpid()) + "\n";
  if (ftruncate(descriptor_, 0) == 0) [[maybe_unused]]
    const auto written = pwrite(descriptor_, pid.data(), pid.size(), 0);
}

FolderLock::~FolderLock() {
  // Removed while it is held: who opened it before looks again whether the path leads to it.
  std::error_code ignored;
  if (leads_to(path_, descriptor_)) std::filesystem::remove(path_, ignored);
  close(descriptor_);
}

}  // namespace ptero::host
