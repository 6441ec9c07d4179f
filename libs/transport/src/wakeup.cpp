#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <ptero/core/error.hpp>
#include <ptero/transport/wakeup.hpp>

namespace ptero::transport {

Wakeup::Wakeup() : fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  if (fd_ < 0)
    throw Error("cannot make an event descriptor", std::strerror(errno), "raise the limit of open files");
}

Wakeup::~Wakeup() {
  close(fd_);
}

void Wakeup::notify() const {
  const std::uint64_t one = 1;
  // Can only fail when the counter is full, and then the other side is awake anyway.
  [[maybe_unused]] const auto n = write(fd_, &one, sizeof one);
}

void Wakeup::drain() const {
  std::uint64_t count;
  [[maybe_unused]] const auto n = read(fd_, &count, sizeof count);
}

}  // namespace ptero::transport
