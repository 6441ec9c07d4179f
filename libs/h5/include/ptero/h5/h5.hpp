#pragma once
// The little of HDF5's C API that ptero uses, with ownership, errors and silence. A file belongs to one
// thread at a time.

#include <hdf5.h>

#include <filesystem>
#include <new>
#include <optional>
#include <ptero/core/error.hpp>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace ptero::h5 {

/// Stops HDF5 from printing its error stack to stderr, which it does by default. A setting of each thread:
/// every public function that may be a thread's first use of HDF5 calls it.
void quiet();

/// The innermost reason on HDF5's error stack of this thread.
std::string reason();

/// Any HDF5 identifier; releases it when it goes.
class Id {
 public:
  Id() = default;
  explicit Id(hid_t id) : id_(id) {}
  ~Id() {
    if (id_ >= 0) H5Idec_ref(id_);
  }
  Id(Id&& other) noexcept : id_(std::exchange(other.id_, -1)) {}
  Id& operator=(Id&& other) noexcept {
    std::swap(id_, other.id_);
    return *this;
  }
  operator hid_t() const { return id_; }
  bool valid() const { return id_ >= 0; }

 private:
  hid_t id_ = -1;
};

/// The door for every call: a negative result throws Error(problem, reason()).
template <class T>
T check(T result, const std::string& problem) {
  if (result < 0) throw Error(problem, reason());
  return result;
}

/// Locks where the file system can.
Id file_access();

/// Opens for reading, a file that is being written with SWMR included. Throws InputError that says whether
/// the file is missing, no HDF5, truncated or something else.
Id open_file(const std::filesystem::path& path);

bool exists(hid_t file, const std::string& path);

/// The HDF5 type of a C++ number.
template <class T>
hid_t type_of() {
  if constexpr (std::is_same_v<T, std::uint8_t>)
    return H5T_NATIVE_UINT8;
  else if constexpr (std::is_same_v<T, std::uint16_t>)
    return H5T_NATIVE_UINT16;
  else if constexpr (std::is_same_v<T, std::uint32_t>)
    return H5T_NATIVE_UINT32;
  else if constexpr (std::is_same_v<T, std::uint64_t>)
    return H5T_NATIVE_UINT64;
  else if constexpr (std::is_same_v<T, std::int8_t>)
    return H5T_NATIVE_INT8;
  else if constexpr (std::is_same_v<T, std::int16_t>)
    return H5T_NATIVE_INT16;
  else if constexpr (std::is_same_v<T, std::int32_t>)
    return H5T_NATIVE_INT32;
  else if constexpr (std::is_same_v<T, std::int64_t>)
    return H5T_NATIVE_INT64;
  else if constexpr (std::is_same_v<T, float>)
    return H5T_NATIVE_FLOAT;
  else {
    static_assert(std::is_same_v<T, double>);
    return H5T_NATIVE_DOUBLE;
  }
}

using Dims = std::vector<hsize_t>;
/// "(200, 100, 100)"
std::string text_of(const Dims& dims);
hsize_t count_of(const Dims& dims);

/// An open dataset that knows where it came from.
struct Dataset {
  Id id;
  std::string file;
  std::string path;
  Dims dims;
  H5T_class_t type_class = H5T_NO_CLASS;

  std::size_t rank() const { return dims.size(); }
  bool numeric() const { return type_class == H5T_INTEGER || type_class == H5T_FLOAT; }
  /// As h5py stores bool: an enumeration of one byte.
  bool boolean() const { return type_class == H5T_ENUM; }
  bool complex() const;
  /// "dp of scan.h5", for messages.
  std::string name() const { return path + " of " + file; }
  /// NumPy's spelling: "<u2", ">f8", "<c8"; "text" or "other".
  std::string type_name() const;
};

enum class Links : bool { all, hard };
/// Names of the links in a group, in alphabetical order; those that can be read, where it is damaged.
std::vector<std::string> links_of(hid_t group, Links which);

/// Throws InputError listing the datasets there are.
Dataset open_dataset(hid_t file, const std::string& file_name, const std::string& path);
/// nullopt when there is no dataset of that name.
std::optional<Dataset> find_dataset(hid_t file, const std::string& file_name, const std::string& path);
/// Every dataset once, links not followed, in alphabetical order.
std::vector<Dataset> all_datasets(hid_t file, const std::string& file_name);
/// "PATH -> TARGET" of every soft and external link, those that lead nowhere too, in alphabetical order.
std::vector<std::string> all_links(hid_t file);

/// "PATH SHAPE TYPE, ..." for messages: of more than eight the largest eight, and how many there are besides.
std::string list_of(std::span<const Dataset> datasets);

/// Throws InputError when a filter the dataset was written with is not there to read it.
void require_filters(const Dataset& dataset);

/// The values of an enumeration of one byte; throws InputError for wider ones.
std::vector<std::uint8_t> read_enumeration(const Dataset& dataset);

/// As many values as the dataset says it has. Throws InputError where no memory holds them, as damage says.
template <class T>
std::vector<T> room_for(const Dataset& dataset) {
  try {
    return std::vector<T>(count_of(dataset.dims));
  } catch (const std::bad_alloc&) {
  } catch (const std::length_error&) {
  }
  throw InputError("cannot read " + dataset.name(),
                   "its shape " + text_of(dataset.dims) + " does not fit into memory");
}

/// The whole dataset in C order, converted.
template <class T>
std::vector<T> read(const Dataset& dataset) {
  require_filters(dataset);
  std::vector<T> values = room_for<T>(dataset);
  const hid_t type = type_of<T>();
  if (dataset.boolean()) {
    const std::vector<std::uint8_t> bytes = read_enumeration(dataset);
    values.assign(bytes.begin(), bytes.end());
  } else if (H5Dread(dataset.id, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) < 0) {
    throw InputError("cannot read " + dataset.name(), reason());
  }
  return values;
}

/// The first of them. Throws InputError when there is none.
template <class T>
T read_first(const Dataset& dataset) {
  const std::vector<T> values = read<T>(dataset);
  if (values.empty()) throw InputError(dataset.name() + " holds no value");
  return values.front();
}

/// Written by MATLAB, whose arrays lie in a file with their axes reversed.
bool by_columns(const Dataset& dataset);

/// Of that name in memory, without any dataset: what there is to read beside frames of another kind of file.
Id empty_file();

/// Text of a string dataset or attribute; empty when it is none. Of a list of texts the first.
std::string read_text(hid_t dataset_or_attribute, bool is_attribute);
std::optional<std::string> text_attribute(hid_t object, const char* name);
std::optional<double> number_attribute(hid_t object, const char* name);

}  // namespace ptero::h5
