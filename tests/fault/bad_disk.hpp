#pragma once

#include <atomic>

namespace ptero::test {

/// The disk under this test program, which answers for it in place of the C library: pwritev writes journals,
/// pwrite HDF5 files.
struct BadDisk {
  static inline std::atomic<int> journal_write_takes_ms = 0;
  static inline std::atomic<bool> refuses_hdf5 = false;
  static inline std::atomic<int> refusals = 0;

  BadDisk() = default;
  ~BadDisk() {
    journal_write_takes_ms = 0;
    refuses_hdf5 = false;
  }
};

}  // namespace ptero::test
