#include "bad_disk.hpp"

#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <thread>

using ptero::test::BadDisk;

// The program's own definitions go before those of the C library, for its shared libraries too.
extern "C" ssize_t pwritev(int fd, const iovec* blocks, int count, off_t offset) {
  if (const int ms = BadDisk::journal_write_takes_ms; ms > 0)
    std::this_thread::sleep_for(std::chrono::milliseconds(ms));
  return syscall(SYS_pwritev, fd, blocks, count, offset, 0);
}

extern "C" ssize_t pwrite(int fd, const void* bytes, size_t count, off_t offset) {
  if (BadDisk::refuses_hdf5) {
    ++BadDisk::refusals;
    errno = EIO;
    return -1;
  }
  return syscall(SYS_pwrite64, fd, bytes, count, offset);
}
