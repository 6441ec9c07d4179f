#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace ptero::test {

/// An independent reader: Debian's h5py.
inline bool has_h5py() {
  static const bool present = access("/usr/bin/python3", X_OK) == 0 &&
                              std::system("/usr/bin/python3 -c 'import h5py' 2>/dev/null") == 0;
  return present;
}

/// What the script prints, errors included. `f` is its first argument.
inline std::string run_python(const std::string& script, const std::string& f) {
  const std::string command =
      "HDF5_USE_FILE_LOCKING=FALSE /usr/bin/python3 -c \"import sys, h5py, numpy as np\nf = sys.argv[1]\n" +
      script + "\" '" + f + "' 2>&1";
  FILE* pipe = popen(command.c_str(), "r");
  std::string out;
  std::array<char, 4096> buffer;
  while (std::size_t n = fread(buffer.data(), 1, buffer.size(), pipe)) out.append(buffer.data(), n);
  pclose(pipe);
  return out;
}

}  // namespace ptero::test

/// Skips a test that cannot do without `present`; with PTERO_REQUIRE_PYTHON set, as in CI, it fails instead.
#define SKIP_WITHOUT_PYTHON(present, what)                                                \
  if (!(present)) {                                                                       \
    if (std::getenv("PTERO_REQUIRE_PYTHON") != nullptr) FAIL() << "there is no " << what; \
    GTEST_SKIP() << "there is no " << what;                                               \
  }
#define SKIP_WITHOUT_H5PY() SKIP_WITHOUT_PYTHON(::ptero::test::has_h5py(), "h5py in /usr/bin/python3")
