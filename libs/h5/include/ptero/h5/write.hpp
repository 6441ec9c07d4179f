#pragma once
// Making groups, datasets and attributes. Every failure is an Error.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <ptero/h5/h5.hpp>

namespace ptero::h5 {

/// A new file in the place of any old one.
Id create_file(const std::filesystem::path& path);

/// With its NX_class, where one is given.
Id create_group(hid_t parent, const std::string& name, const char* nx_class = nullptr);

void set_attribute(hid_t object, const char* name, std::string_view text);
void set_attribute(hid_t object, const char* name, const std::vector<std::string>& texts);
void set_attribute(hid_t object, const char* name, double value);
void set_attribute(hid_t object, const char* name, std::int64_t value);
void set_attribute(hid_t object, const char* name, std::span<const double> values, const Dims& dims);

/// A scalar of at least `capacity` bytes, so that a longer text can be written later.
Id write_text(hid_t parent, const std::string& name, std::string_view text, std::size_t capacity = 0);
void rewrite_text(hid_t dataset, std::string_view text);

/// How to create a dataset whose values carry checksums (HDF5's own filter 3, which every reader has): one
/// byte changed on the disk and reading it fails. Images of a stack lie in chunks of their own.
Id checksummed(const Dims& dims);

template <class T>
Id write_array(hid_t parent, const std::string& name, std::span<const T> values, const Dims& dims,
               hid_t creation = H5P_DEFAULT) {
  const Id space(dims.empty() ? H5Screate(H5S_SCALAR)
                              : H5Screate_simple(static_cast<int>(dims.size()), dims.data(), nullptr));
  Id dataset(check(H5Dcreate2(parent, name.c_str(), type_of<T>(), space, H5P_DEFAULT, creation, H5P_DEFAULT),
                   "cannot create the dataset " + name));
  if (!values.empty())
    check(H5Dwrite(dataset, type_of<T>(), H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()),
          "cannot write " + name);
  return dataset;
}

template <class T>
Id write_scalar(hid_t parent, const std::string& name, T value) {
  return write_array<T>(parent, name, std::span<const T>(&value, 1), {});
}

/// As h5py stores bool: an enumeration of one byte.
Id write_booleans(hid_t parent, const std::string& name, std::span<const std::uint8_t> values,
                  const Dims& dims);

/// Puts a checksum of the whole file behind its end, where HDF5 does not look; whoever changes the file with
/// HDF5 cuts it off. open_file compares it, so that no damaged byte is taken for data or trips HDF5. After
/// the file was closed. Throws Error.
void add_checksum(const std::filesystem::path& path);

void soft_link(hid_t parent, const std::string& name, const std::string& target);

}  // namespace ptero::h5
