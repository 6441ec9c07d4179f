#pragma once
// Arrays of NumPy, .npy alone and in .npz archives (NumPy Enhancement Proposal 1, format versions 1 to 3).

#include <complex>
#include <cstddef>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "pixel_type.hpp"

namespace ptero::scanfile {

struct NpyHeader {
  PixelType type;  ///< of a complex number, of each of its parts
  bool complex = false;
  bool by_columns = false;  ///< Fortran order
  std::vector<std::size_t> dims;
  std::size_t data_offset = 0;

  std::size_t count() const;
};

/// `start`: the first bytes of the array, at least its header. Throws InputError naming `name`.
NpyHeader read_npy_header(std::span<const std::byte> start, const std::string& name);

/// A whole array, in C order.
struct NpyArray {
  NpyHeader header;
  std::string name;
  std::vector<std::byte> values;

  std::vector<double> as_doubles() const;
  std::vector<std::complex<float>> as_complex() const;
};

bool is_npy(const std::filesystem::path& path);
bool is_npz(const std::filesystem::path& path);

/// Throws InputError.
NpyArray read_npy(const std::filesystem::path& path);
/// The arrays of an archive by name, without ".npy"; only their headers where values are not wanted. Throws
/// InputError.
std::map<std::string, NpyHeader> list_npz(const std::filesystem::path& path);
NpyArray read_npz(const std::filesystem::path& path, const std::string& member);

}  // namespace ptero::scanfile
