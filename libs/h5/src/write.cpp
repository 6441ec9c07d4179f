#include <ptero/h5/write.hpp>

#include <algorithm>

namespace ptero::h5 {

namespace {

Id create_attribute(hid_t object, const char* name, hid_t type, hid_t space) {
  return Id(check(H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT),
                  std::string("cannot create the attribute ") + name));
}

/// Room for so many bytes, padded with zeros.
Id fixed_text_type(std::size_t length) {
  Id type(H5Tcopy(H5T_C_S1));
  H5Tset_size(type, std::max<std::size_t>(length, 1));
  H5Tset_cset(type, H5T_CSET_UTF8);
  H5Tset_strpad(type, H5T_STR_NULLPAD);
  return type;
}

/// As h5py writes text, which it then reads back as str.
Id growing_text_type() {
  Id type(H5Tcopy(H5T_C_S1));
  H5Tset_size(type, H5T_VARIABLE);
  H5Tset_cset(type, H5T_CSET_UTF8);
  return type;
}

template <class T>
void set_scalar(hid_t object, const char* name, hid_t type, const T* value) {
  const Id space(H5Screate(H5S_SCALAR));
  const Id attribute = create_attribute(object, name, type, space);
  check(H5Awrite(attribute, type, value), std::string("cannot write the attribute ") + name);
}

}  // namespace

Id create_file(const std::filesystem::path& path) {
  quiet();
  const Id access = file_access();
  return Id(
      check(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access), "cannot create " + path.string()));
}

Id create_group(hid_t parent, const std::string& name, const char* nx_class) {
  Id group(check(H5Gcreate2(parent, name.c_str(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
                 "cannot create the group " + name));
  if (nx_class != nullptr) set_attribute(group, "NX_class", nx_class);
  return group;
}

void set_attribute(hid_t object, const char* name, std::string_view text) {
  const Id type = growing_text_type();
  const std::string terminated(text);
  const char* pointer = terminated.c_str();
  set_scalar(object, name, type, &pointer);
}

void set_attribute(hid_t object, const char* name, const std::vector<std::string>& texts) {
  std::vector<const char*> pointers;
  for (const std::string& text : texts) pointers.push_back(text.c_str());
  const Id type = growing_text_type();
  const hsize_t count = texts.size();
  const Id space(H5Screate_simple(1, &count, nullptr));
  const Id attribute = create_attribute(object, name, type, space);
  check(H5Awrite(attribute, type, pointers.data()), std::string("cannot write the attribute ") + name);
}

void set_attribute(hid_t object, const char* name, double value) {
  set_scalar(object, name, H5T_NATIVE_DOUBLE, &value);
}

void set_attribute(hid_t object, const char* name, std::int64_t value) {
  set_scalar(object, name, H5T_NATIVE_INT64, &value);
}

void set_attribute(hid_t object, const char* name, std::span<const double> values, const Dims& dims) {
  const Id space(H5Screate_simple(static_cast<int>(dims.size()), dims.data(), nullptr));
  const Id attribute = create_attribute(object, name, H5T_NATIVE_DOUBLE, space);
  check(H5Awrite(attribute, H5T_NATIVE_DOUBLE, values.data()),
        std::string("cannot write the attribute ") + name);
}

Id write_text(hid_t parent, const std::string& name, std::string_view text, std::size_t capacity) {
  const Id type = fixed_text_type(std::max(text.size(), capacity));
  const Id space(H5Screate(H5S_SCALAR));
  Id dataset(check(H5Dcreate2(parent, name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
                   "cannot create the dataset " + name));
  rewrite_text(dataset, text);
  return dataset;
}

void rewrite_text(hid_t dataset, std::string_view text) {
  const Id type(H5Dget_type(dataset));
  std::string padded(text.substr(0, H5Tget_size(type)));
  padded.resize(H5Tget_size(type), '\0');
  check(H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, padded.data()), "cannot write a text");
}

Id write_booleans(hid_t parent, const std::string& name, std::span<const std::uint8_t> values,
                  const Dims& dims) {
  const Id type(H5Tenum_create(H5T_NATIVE_INT8));
  for (const auto& [word, value] : {std::pair("FALSE", std::int8_t{0}), std::pair("TRUE", std::int8_t{1})})
    H5Tenum_insert(type, word, &value);
  const Id space(H5Screate_simple(static_cast<int>(dims.size()), dims.data(), nullptr));
  Id dataset(check(H5Dcreate2(parent, name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
                   "cannot create the dataset " + name));
  check(H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), "cannot write " + name);
  return dataset;
}

void soft_link(hid_t parent, const std::string& name, const std::string& target) {
  check(H5Lcreate_soft(target.c_str(), parent, name.c_str(), H5P_DEFAULT, H5P_DEFAULT),
        "cannot create the link " + name);
}

Id checksummed(const Dims& dims) {
  Id creation(H5Pcreate(H5P_DATASET_CREATE));
  constexpr hsize_t most = hsize_t{1} << 28;  // values; a chunk has less than 4 GiB
  if (dims.empty() || count_of(dims) == 0) return creation;
  Dims chunk = dims;
  for (std::size_t i = 0; i < chunk.size() && (i + 2 < chunk.size() || count_of(chunk) > most); ++i)
    chunk[i] = 1;
  H5Pset_chunk(creation, static_cast<int>(chunk.size()), chunk.data());
  H5Pset_fletcher32(creation);
  return creation;
}

}  // namespace ptero::h5
