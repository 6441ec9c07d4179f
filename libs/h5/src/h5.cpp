#include <ptero/h5/h5.hpp>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <fstream>
#include <functional>
#include <set>
#include <string_view>

#include "file_checksum.hpp"

namespace ptero::h5 {

// HDF5 clears up once more when the process ends, and crashes there over a file that it could not write. What
// we open we close ourselves. Only before its first call can it be told so.
[[maybe_unused]] const int no_clearing_up_at_exit = H5dont_atexit();

void quiet() {
  thread_local const bool done = [] {
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
    return true;
  }();
  (void)done;
}

std::string reason() {
  std::string text;
  H5Ewalk2(
      H5E_DEFAULT, H5E_WALK_UPWARD,
      [](unsigned depth, const H5E_error2_t* error, void* out) -> herr_t {
        if (depth == 0 && error->desc != nullptr) *static_cast<std::string*>(out) = error->desc;
        return 0;
      },
      &text);
  return text;
}

Id file_access() {
  Id access(H5Pcreate(H5P_FILE_ACCESS));
  H5Pset_libver_bounds(access, H5F_LIBVER_V110, H5F_LIBVER_V110);
  H5Pset_file_locking(access, true, true);
  return access;
}

namespace {

/// A writer holds the file, or left it open when it was killed: bit 0 of the flags in its superblock. Where
/// it cannot be told, HDF5 may.
bool is_marked_as_written(const std::filesystem::path& path) {
  constexpr std::string_view signature = "\x89HDF\r\n\x1a\n";
  std::ifstream in(path, std::ios::binary);
  // Behind a user block, the superblock lies at a power of two.
  for (std::streamoff at = 0; at <= 4096; at = at == 0 ? 512 : 2 * at) {
    char start[12] = {};
    in.clear();
    in.seekg(at);
    in.read(start, sizeof start);
    if (!in) return false;
    if (std::string_view(start, 8) == signature) return start[8] >= 3 && (start[11] & 1) != 0;
  }
  return false;
}

/// HDF5 tries a checksum that does not match a hundred times, sleeping twice as long each time from 1 ns on:
/// for ever, where a file is damaged. 22 tries take 4 ms, which is longer than a writer needs to finish a
/// block.
Id file_access_beside_a_writer() {
  constexpr unsigned tries = 22;
  Id access = file_access();
  H5Pset_metadata_read_attempts(access, tries);
  return access;
}

}  // namespace

Id open_file(const std::filesystem::path& path) {
  quiet();
  const std::string name = path.string();
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status)) throw InputError("cannot open " + name, "there is no such file");
  if (std::filesystem::is_directory(status))
    throw InputError("cannot open " + name, "it is a directory", "name a file in it");
  compare_checksum(path);
  const Id access = file_access();
  Id file(H5Fopen(name.c_str(), H5F_ACC_RDONLY, access));
  const std::string why = file.valid() ? "" : reason();
  // A file that a writer holds, or left open when it was killed, opens for SWMR reading only.
  if (!file.valid() && is_marked_as_written(path))
    file = Id(H5Fopen(name.c_str(), H5F_ACC_RDONLY | H5F_ACC_SWMR_READ, file_access_beside_a_writer()));
  if (file.valid()) return file;
  if (why.find("truncated") != std::string::npos)
    throw InputError(name + " is truncated", why, "copy it again, or rebuild it from its journal");
  if (why.find("lock") != std::string::npos)
    throw InputError("cannot open " + name, "another program holds it: " + why,
                     "wait for that program, or set HDF5_USE_FILE_LOCKING=FALSE where it only seems so");
  if (H5Fis_hdf5(name.c_str()) == 0)
    throw InputError(name + " is no HDF5 file", "its signature is missing",
                     "ptero reads HDF5, CXI and NeXus");
  throw InputError("cannot open " + name, why);
}

bool exists(hid_t file, const std::string& path) {
  // H5Oexists_by_name needs every link before the last to exist.
  for (std::size_t slash = path.find('/', 1); slash != std::string::npos; slash = path.find('/', slash + 1)) {
    const std::string parent = path.substr(0, slash);
    if (H5Lexists(file, parent.c_str(), H5P_DEFAULT) <= 0 ||
        H5Oexists_by_name(file, parent.c_str(), H5P_DEFAULT) <= 0)
      return false;
  }
  return H5Lexists(file, path.c_str(), H5P_DEFAULT) > 0 &&
         H5Oexists_by_name(file, path.c_str(), H5P_DEFAULT) > 0;
}

std::string text_of(const Dims& dims) {
  std::string text = "(";
  for (std::size_t i = 0; i < dims.size(); ++i) text += (i > 0 ? ", " : "") + std::to_string(dims[i]);
  return text + ")";
}

hsize_t count_of(const Dims& dims) {
  hsize_t count = 1;
  for (const hsize_t n : dims) count *= n;
  return count;
}

bool Dataset::complex() const {
  if (type_class != H5T_COMPOUND) return false;
  const Id type(H5Dget_type(id));
  return H5Tget_nmembers(type) == 2 && H5Tget_member_class(type, 0) == H5T_FLOAT &&
         H5Tget_member_class(type, 1) == H5T_FLOAT;
}

std::string Dataset::type_name() const {
  const Id type(H5Dget_type(id));
  const std::string size = std::to_string(H5Tget_size(type));
  if (complex()) return "<c" + size;
  if (type_class == H5T_STRING) return "text";
  if (boolean()) return "bool";
  if (type_class != H5T_INTEGER && type_class != H5T_FLOAT) return "other";
  const std::string order = size == "1" ? "|" : H5Tget_order(type) == H5T_ORDER_BE ? ">" : "<";
  return order + (type_class == H5T_FLOAT ? "f" : H5Tget_sign(type) == H5T_SGN_NONE ? "u" : "i") + size;
}

std::optional<Dataset> find_dataset(hid_t file, const std::string& file_name, const std::string& path) {
  if (path.empty() || !exists(file, path)) return std::nullopt;
  Id object(H5Oopen(file, path.c_str(), H5P_DEFAULT));
  if (!object.valid() || H5Iget_type(object) != H5I_DATASET) return std::nullopt;
  Dataset dataset{
      .id = std::move(object), .file = file_name, .path = path.front() == '/' ? path : "/" + path};
  const Id space(H5Dget_space(dataset.id));
  const int rank = H5Sget_simple_extent_ndims(space);
  dataset.dims.resize(rank > 0 ? rank : 0);
  if (rank > 0) H5Sget_simple_extent_dims(space, dataset.dims.data(), nullptr);
  const Id type(H5Dget_type(dataset.id));
  dataset.type_class = H5Tget_class(type);
  return dataset;
}

std::vector<std::string> links_of(hid_t group, Links which) {
  struct Found {
    Links which;
    std::vector<std::string> names;
  } found{which, {}};
  // In the order of the file: sorted by HDF5 1.10, a group whose links are damaged ends the process, for the
  // table of what it had read so far is released as if it were full.
  H5Literate(
      group, H5_INDEX_NAME, H5_ITER_NATIVE, nullptr,
      [](hid_t, const char* name, const H5L_info_t* info, void* out) -> herr_t {
        auto& all = *static_cast<Found*>(out);
        if (all.which == Links::all || info->type == H5L_TYPE_HARD) all.names.emplace_back(name);
        return 0;
      },
      &found);
  std::ranges::sort(found.names);
  return std::move(found.names);
}

namespace {

/// Damage may make a group its own grandchild.
constexpr int deepest = 64;

void collect_datasets(hid_t group, const std::string& prefix, int depth, std::set<haddr_t>& seen,
                      std::vector<std::string>& paths) {
  for (const std::string& name : links_of(group, Links::hard)) {
    const Id object(H5Oopen(group, name.c_str(), H5P_DEFAULT));
    H5O_info_t info;
    if (!object.valid() || H5Oget_info2(object, &info, H5O_INFO_BASIC) < 0 || !seen.insert(info.addr).second)
      continue;
    if (info.type == H5O_TYPE_DATASET) paths.push_back(prefix + name);
    if (info.type == H5O_TYPE_GROUP && depth < deepest)
      collect_datasets(object, prefix + name + "/", depth + 1, seen, paths);
  }
}

}  // namespace

std::vector<Dataset> all_datasets(hid_t file, const std::string& file_name) {
  std::vector<std::string> paths;
  std::set<haddr_t> seen;
  collect_datasets(file, "", 0, seen, paths);
  std::ranges::sort(paths);
  std::vector<Dataset> datasets;
  for (const std::string& path : paths)
    if (auto dataset = find_dataset(file, file_name, path)) datasets.push_back(std::move(*dataset));
  return datasets;
}

namespace {

/// Where a link points that leads nowhere: "FILE:PATH", or a path of the same file; empty where there is no
/// such link.
std::string target_of_link(hid_t file, const std::string& path) {
  const auto slash = path.rfind('/');
  const std::string parent = slash == std::string::npos ? "" : path.substr(0, slash);
  H5L_info_t info;
  if ((!parent.empty() && !exists(file, parent)) || H5Lget_info(file, path.c_str(), &info, H5P_DEFAULT) < 0 ||
      (info.type != H5L_TYPE_EXTERNAL && info.type != H5L_TYPE_SOFT))
    return {};
  std::vector<char> value(info.u.val_size + 1, '\0');
  if (H5Lget_val(file, path.c_str(), value.data(), value.size(), H5P_DEFAULT) < 0) return {};
  if (info.type == H5L_TYPE_SOFT) return value.data();
  const char* other = nullptr;
  const char* object = nullptr;
  if (H5Lunpack_elink_val(value.data(), info.u.val_size, nullptr, &other, &object) < 0) return {};
  return std::string(other) + ":" + object;
}

void collect_links(hid_t file, const std::string& group, int depth, std::set<haddr_t>& seen,
                   std::vector<std::string>& out) {
  const Id opened(H5Oopen(file, group.empty() ? "/" : group.c_str(), H5P_DEFAULT));
  if (!opened.valid() || depth > deepest) return;
  for (const std::string& name : links_of(opened, Links::all)) {
    const std::string path = group + "/" + name;
    H5L_info_t link;
    if (H5Lget_info(opened, name.c_str(), &link, H5P_DEFAULT) < 0) continue;
    if (link.type != H5L_TYPE_HARD) {
      if (const auto target = target_of_link(file, path); !target.empty())
        out.push_back(path + " -> " + target);
      continue;
    }
    const Id object(H5Oopen(opened, name.c_str(), H5P_DEFAULT));
    H5O_info_t info;
    if (object.valid() && H5Iget_type(object) == H5I_GROUP &&
        H5Oget_info2(object, &info, H5O_INFO_BASIC) >= 0 && seen.insert(info.addr).second)
      collect_links(file, path, depth + 1, seen, out);
  }
}

}  // namespace

std::vector<std::string> all_links(hid_t file) {
  std::vector<std::string> links;
  std::set<haddr_t> seen;
  collect_links(file, "", 0, seen, links);
  return links;
}

Dataset open_dataset(hid_t file, const std::string& file_name, const std::string& path) {
  if (auto dataset = find_dataset(file, file_name, path)) return std::move(*dataset);
  if (const std::string target = target_of_link(file, path); !target.empty())
    throw InputError(path + " of " + file_name + " is a link to " + target, "which is not there",
                     "put the file it points to where the link says, or name another dataset");
  const auto there = all_datasets(file, file_name);
  throw InputError(file_name + " has no dataset " + path, {},
                   there.empty() ? "it holds no dataset at all" : "it holds " + list_of(there));
}

std::string list_of(std::span<const Dataset> datasets) {
  constexpr std::size_t most = 8;
  std::vector<const Dataset*> sorted;
  for (const Dataset& dataset : datasets) sorted.push_back(&dataset);
  if (sorted.size() > most)
    std::ranges::stable_sort(sorted, std::greater{}, [](const Dataset* d) { return count_of(d->dims); });
  std::string text;
  for (std::size_t i = 0; i < std::min(sorted.size(), most); ++i)
    text += (i == 0 ? "" : ", ") + sorted[i]->path + " " + text_of(sorted[i]->dims) + " " +
            sorted[i]->type_name();
  if (sorted.size() > most)
    text += " and " + std::to_string(sorted.size() - most) + " smaller ones (ptero inspect lists all)";
  return text;
}

void require_filters(const Dataset& dataset) {
  const Id creation(H5Dget_create_plist(dataset.id));
  const int filters = H5Pget_nfilters(creation);
  for (int i = 0; i < filters; ++i) {
    unsigned flags = 0;
    unsigned config = 0;
    std::size_t values = 0;
    char name[128] = "";
    const H5Z_filter_t filter = H5Pget_filter2(creation, static_cast<unsigned>(i), &flags, &values, nullptr,
                                               sizeof name, name, &config);
    if (H5Zfilter_avail(filter) > 0) continue;
    const std::string label =
        std::to_string(filter) + (name[0] != '\0' ? " (" + std::string(name) + ")" : "");
    throw InputError("cannot read " + dataset.name() + ", compressed with HDF5 filter " + label,
                     "no plugin for it is installed",
                     "install it and set HDF5_PLUGIN_PATH, or repack the file with h5repack -f GZIP=1");
  }
}

std::vector<std::uint8_t> read_enumeration(const Dataset& dataset) {
  const Id type(H5Dget_type(dataset.id));
  std::vector<std::uint8_t> values(count_of(dataset.dims));
  if (H5Tget_size(type) != 1 || H5Dread(dataset.id, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) < 0)
    throw InputError("cannot read " + dataset.name(), "it is an enumeration",
                     "booleans or numbers are needed");
  return values;
}

std::string read_text(hid_t object, bool is_attribute) {
  const Id type(is_attribute ? H5Aget_type(object) : H5Dget_type(object));
  if (H5Tget_class(type) != H5T_STRING) return {};
  const Id space(is_attribute ? H5Aget_space(object) : H5Dget_space(object));
  const hssize_t count = H5Sget_simple_extent_npoints(space);
  if (count < 1) return {};
  const auto read = [&](void* out) {
    return is_attribute ? H5Aread(object, type, out)
                        : H5Dread(object, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, out);
  };
  if (H5Tis_variable_str(type) > 0) {
    std::vector<char*> texts(static_cast<std::size_t>(count), nullptr);
    if (read(texts.data()) < 0 || texts.front() == nullptr) return {};
    std::string copy = texts.front();
    for (char* text : texts) H5free_memory(text);
    return copy;
  }
  std::string text(H5Tget_size(type) * static_cast<std::size_t>(count), '\0');
  if (read(text.data()) < 0) return {};
  text.resize(H5Tget_size(type));
  text.resize(std::strlen(text.c_str()));
  // Fortran and older NeXus writers fill up with blanks.
  text.resize(text.find_last_not_of(' ') + 1);
  return text;
}

bool by_columns(const Dataset& dataset) {
  return H5Aexists(dataset.id, "MATLAB_class") > 0;
}

Id empty_file() {
  quiet();
  const Id access(H5Pcreate(H5P_FILE_ACCESS));
  H5Pset_fapl_core(access, 1 << 16, false);
  // HDF5 takes two open files of one name for the same.
  static std::atomic<unsigned> made = 0;
  const std::string name = "in-memory-" + std::to_string(++made);
  return Id(
      check(H5Fcreate(name.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access), "cannot make a file in memory"));
}

std::optional<std::string> text_attribute(hid_t object, const char* name) {
  if (H5Aexists(object, name) <= 0) return std::nullopt;
  const Id attribute(H5Aopen(object, name, H5P_DEFAULT));
  return read_text(attribute, true);
}

std::optional<double> number_attribute(hid_t object, const char* name) {
  if (H5Aexists(object, name) <= 0) return std::nullopt;
  const Id attribute(H5Aopen(object, name, H5P_DEFAULT));
  const Id space(H5Aget_space(attribute));
  double value = 0;
  if (H5Sget_simple_extent_npoints(space) != 1 || H5Aread(attribute, H5T_NATIVE_DOUBLE, &value) < 0)
    return std::nullopt;
  return value;
}

}  // namespace ptero::h5
