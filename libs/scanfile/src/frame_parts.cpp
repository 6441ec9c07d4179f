#include "frame_parts.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <numeric>

namespace ptero::scanfile {

namespace {

/// CXI and NeXus; then ptychodus' diffraction file, pty-chi and fold_slice.
constexpr std::array standard_frames = {
    "/entry_1/data_1/data",
    "/entry_1/instrument_1/detector_1/data",
    "/entry/data/data",
    "/entry/instrument/detector/data",
    "/patterns",
    "/dp",
};

constexpr const char* eiger_data = "/entry/data";

bool is_stack(const h5::Dataset& dataset) {
  return dataset.numeric() && dataset.rank() == 3;
}

std::vector<std::string> eiger_links(const h5::Source& source) {
  std::vector<std::string> links = source.links_in(eiger_data);
  std::erase_if(links, [](const std::string& name) {
    return !name.starts_with("data_") || name.size() < 6 ||
           !std::all_of(name.begin() + 5, name.end(), [](char c) { return c >= '0' && c <= '9'; });
  });
  return links;
}

/// The file an external link names; empty when it is another kind of link.
std::string target_of(const h5::Source& source, const std::string& path) {
  H5L_info_t info;
  if (H5Lget_info(source.file, path.c_str(), &info, H5P_DEFAULT) < 0 || info.type != H5L_TYPE_EXTERNAL)
    return {};
  std::vector<char> value(info.u.val_size);
  const char* file = nullptr;
  const char* object = nullptr;
  if (H5Lget_val(source.file, path.c_str(), value.data(), value.size(), H5P_DEFAULT) < 0 ||
      H5Lunpack_elink_val(value.data(), value.size(), nullptr, &file, &object) < 0)
    return {};
  return file;
}

/// A master lists the files it planned: those at the end may never have been written, one before may not be
/// absent, or ids would shift.
FrameParts eiger_frames(const h5::Source& source) {
  FrameParts frames;
  std::string absent;
  for (const std::string& link : eiger_links(source)) {
    const std::string path = std::string(eiger_data) + "/" + link;
    auto dataset = source.find(path);
    const std::string file = target_of(source, path);
    if (!dataset) {
      if (absent.empty()) absent = file.empty() ? path : file;
      continue;
    }
    if (!absent.empty())
      throw InputError("the data file " + absent + " of " + source.name + " cannot be opened",
                       "the master needs it before " + (file.empty() ? path : file),
                       "put the data files beside the master file");
    frames.parts.push_back(std::move(*dataset));
  }
  if (frames.parts.empty())
    throw InputError("the data file " + absent + " of " + source.name + " cannot be opened", {},
                     "put the data files beside the master file");
  if (!absent.empty())
    frames.warnings.push_back("the data files of " + source.name + " from " + absent +
                              " on are not there; the frames before it are read");
  return frames;
}

/// ptypy numbers its frames itself: chunks come in any order.
FrameParts ptyd_frames(const h5::Source& source) {
  FrameParts frames;
  std::vector<std::int64_t> indices;
  for (const std::string& chunk : ptyd_chunks(source)) {
    frames.parts.push_back(source.open(chunk + "/data"));
    const hsize_t rows = frames.parts.back().dims.empty() ? 0 : frames.parts.back().dims[0];
    const auto dataset = source.find(chunk + "/indices");
    const auto some =
        dataset && dataset->numeric() ? h5::read<std::int64_t>(*dataset) : std::vector<std::int64_t>{};
    if (some.size() != rows)
      throw InputError("the frames of " + chunk + " in " + source.name + " have no numbers",
                       std::to_string(rows) + " frames, " + std::to_string(some.size()) + " indices");
    indices.insert(indices.end(), some.begin(), some.end());
  }
  frames.order.resize(indices.size());
  std::iota(frames.order.begin(), frames.order.end(), 0);
  std::stable_sort(frames.order.begin(), frames.order.end(),
                   [&](std::uint64_t a, std::uint64_t b) { return indices[a] < indices[b]; });
  return frames;
}

void expect_one_shape(const FrameParts& frames) {
  const h5::Dataset& first = frames.parts.front();
  for (const h5::Dataset& part : frames.parts) {
    if (part.rank() != 3)
      throw InputError("the frames " + part.name() + " have shape " + h5::text_of(part.dims), {},
                       "three dimensions are needed: frames, rows, columns");
    if (!part.numeric())
      throw InputError("the frames " + part.name() + " have the type " + part.type_name(), {},
                       "integers or floating-point numbers are needed");
    if (part.dims[1] != first.dims[1] || part.dims[2] != first.dims[2] ||
        part.type_name() != first.type_name())
      throw InputError("the frames " + part.name() + " have shape " + h5::text_of(part.dims) + " and type " +
                           part.type_name() + ", those of " + first.name() + " " + h5::text_of(first.dims) +
                           " and " + first.type_name(),
                       {}, "all frames of a series need one shape and type");
  }
}

h5::Dataset only_stack(const h5::Source& source) {
  std::vector<h5::Dataset> all = h5::all_datasets(source.file, source.name);
  std::vector<h5::Dataset> found;
  for (h5::Dataset& dataset : all)
    if (is_stack(dataset)) found.push_back(std::move(dataset));
  if (found.size() == 1) return std::move(found.front());
  if (found.empty())
    throw InputError(source.name + " holds no frames",
                     "no dataset of numbers has three dimensions (frames, rows, columns)",
                     all.empty() ? "it holds no dataset at all" : "it holds " + h5::list_of(all));
  throw InputError(source.name + " holds several datasets that could be the frames: " + h5::list_of(found),
                   {}, "name one with --data PATH");
}

FrameParts find_frames(const h5::Source& source) {
  FrameParts frames;
  if (auto dataset = source.find_first(standard_frames); dataset && is_stack(*dataset)) {
    frames.parts.push_back(std::move(*dataset));
    return frames;
  }
  if (is_eiger_master(source)) return eiger_frames(source);
  if (is_ptyd(source)) return ptyd_frames(source);
  frames.parts.push_back(only_stack(source));
  return frames;
}

}  // namespace

std::uint64_t FrameParts::count() const {
  std::uint64_t rows = 0;
  for (const h5::Dataset& part : parts) rows += part.dims[0];
  return rows;
}

std::string FrameParts::name() const {
  return parts.size() == 1 ? parts.front().name() : parts.front().path + " to " + parts.back().name();
}

bool is_eiger_master(const h5::Source& source) {
  return !eiger_links(source).empty();
}

std::vector<std::string> ptyd_chunks(const h5::Source& source) {
  std::vector<std::pair<std::uint64_t, std::string>> chunks;
  for (const std::string& name : source.links_in("/chunks")) {
    std::uint64_t number = 0;
    const auto end = std::from_chars(name.data(), name.data() + name.size(), number).ptr;
    if (end == name.data() + name.size() && source.find("/chunks/" + name + "/data"))
      chunks.emplace_back(number, "/chunks/" + name);
  }
  std::sort(chunks.begin(), chunks.end());
  std::vector<std::string> paths;
  for (auto& [number, path] : chunks) paths.push_back(std::move(path));
  return paths;
}

bool is_ptyd(const h5::Source& source) {
  return !ptyd_chunks(source).empty();
}

FrameParts locate_frames(const h5::Source& source, const std::string& spec) {
  FrameParts frames;
  if (spec.empty())
    frames = find_frames(source);
  else
    frames.parts.push_back(h5::locate(source, spec));
  expect_one_shape(frames);
  frames.by_columns = H5Aexists(frames.parts.front().id, "MATLAB_class") > 0;
  return frames;
}

}  // namespace ptero::scanfile
