#pragma once
// Recorded scans, read with nothing but HDF5.

#include <gtest/gtest.h>
#include <hdf5.h>

#include <cstdlib>
#include <filesystem>
#include <vector>

namespace ptero::ptycho {

inline std::filesystem::path data_folder() {
  const char* given = std::getenv("PTERO_DATA");
  return given != nullptr ? given : "../shared/data";
}

template <class T>
std::vector<T> read(hid_t file, const char* name, hid_t type, std::size_t count) {
  std::vector<T> values(count);
  const hid_t set = H5Dopen2(file, name, H5P_DEFAULT);
  EXPECT_GE(H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), 0);
  H5Dclose(set);
  return values;
}

}  // namespace ptero::ptycho
