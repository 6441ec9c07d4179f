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
  return dataset.numeric() && dataset.rank() >= 3;
}

FramePart part_of(h5::Dataset dataset) {
  FramePart part{.dataset = std::move(dataset), .rows = 1};
  for (std::size_t i = 0; i + 2 < part.dataset.rank(); ++i) part.rows *= part.dataset.dims[i];
  return part;
}

std::optional<std::uint64_t> number_behind(const std::string& name, std::size_t from) {
  std::uint64_t number = 0;
  const char* end = name.data() + name.size();
  const auto read = std::from_chars(name.data() + std::min(from, name.size()), end, number);
  return read.ec == std::errc{} && read.ptr == end ? std::optional(number) : std::nullopt;
}

/// In the order of their numbers: data_2 before data_10.
std::vector<std::string> eiger_links(const h5::Source& source) {
  constexpr std::string_view prefix = "data_";
  std::vector<std::pair<std::uint64_t, std::string>> links;
  for (const std::string& name : source.links_in(eiger_data))
    if (name.starts_with(prefix))
      if (const auto number = number_behind(name, prefix.size())) links.emplace_back(*number, name);
  std::sort(links.begin(), links.end());
  std::vector<std::string> names;
  for (auto& [number, name] : links) names.push_back(std::move(name));
  return names;
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

/// Files of one series hold equally many frames, the last one fewer: what those hold that are there and not
/// last. 0: it cannot be told.
std::uint64_t rows_of_a_file(const std::vector<std::uint64_t>& rows) {
  std::uint64_t each = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const bool last = i + 1 == rows.size();
    if (rows[i] == 0 || (last && each > 0)) continue;
    if (each != 0 && rows[i] != each) return 0;
    each = rows[i];
  }
  return each;
}

/// A master lists the files it planned: those at the end may never have been written; frames of one that is
/// gone before others are missing, and their numbers stay free.
FrameParts eiger_frames(const h5::Source& source) {
  FrameParts frames;
  std::vector<std::string> files;
  std::vector<std::uint64_t> rows;
  std::size_t used = 0;
  for (const std::string& link : eiger_links(source)) {
    const std::string path = std::string(eiger_data) + "/" + link;
    auto dataset = source.find(path);
    files.push_back(target_of(source, path).empty() ? path : target_of(source, path));
    frames.parts.push_back(dataset ? part_of(std::move(*dataset)) : FramePart{});
    rows.push_back(frames.parts.back().rows);
    if (!frames.parts.back().gone()) used = frames.parts.size();
  }
  if (used == 0)
    throw InputError("the data file " + files.front() + " of " + source.name + " cannot be opened", {},
                     "put the data files beside the master file");
  if (used < files.size())
    frames.warnings.push_back(
        {"files_at_the_end_gone", "the data files of " + source.name + " from " + files[used] +
                                      " on are not there; the frames before it are read"});
  frames.parts.resize(used);
  rows.resize(used);
  const std::uint64_t each = rows_of_a_file(rows);
  for (std::size_t i = 0; i < used; ++i) {
    if (!frames.parts[i].gone()) continue;
    if (each == 0)
      throw InputError("the data file " + files[i] + " of " + source.name + " cannot be opened",
                       "how many frames it should hold cannot be told from the other files",
                       "put the data files beside the master file");
    frames.parts[i].rows = each;
    frames.warnings.push_back({"file_gone", "the data file " + files[i] + " of " + source.name +
                                                " is not there; its " + std::to_string(each) +
                                                " frames, as many as the other files hold, are missing"});
  }
  return frames;
}

/// ptypy numbers its frames itself: chunks come in any order.
FrameParts ptyd_frames(const h5::Source& source) {
  FrameParts frames;
  std::vector<std::int64_t> indices;
  for (const std::string& chunk : ptyd_chunks(source)) {
    frames.parts.push_back(part_of(source.open(chunk + "/data")));
    const std::uint64_t rows = frames.parts.back().rows;
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
  for (const std::uint64_t row : frames.order) frames.numbers.push_back(indices[row]);
  return frames;
}

/// Number and shape agree in all parts that are there.
void expect_one_shape(const FrameParts& frames) {
  const auto there =
      std::find_if(frames.parts.begin(), frames.parts.end(), [](const auto& p) { return !p.gone(); });
  const h5::Dataset& first = there->dataset;
  for (const auto& [part, rows] : frames.parts) {
    if (!part.id.valid()) continue;
    if (part.rank() < 3)
      throw InputError("the frames " + part.name() + " have shape " + h5::text_of(part.dims), {},
                       part.complex()
                           ? "this looks like a probe or an object; give it with --probe, and the frames "
                             "with --data"
                           : "three dimensions are needed: frames, rows, columns");
    if (!part.numeric())
      throw InputError("the frames " + part.name() + " have the type " + part.type_name(), {},
                       part.complex()
                           ? "this looks like a probe or an object; give it with --probe, and the frames "
                             "with --data"
                           : "integers or floating-point numbers are needed");
    const std::size_t last = part.rank() - 1;
    if (part.dims[last] != first.dims.back() || part.dims[last - 1] != first.dims[first.rank() - 2] ||
        part.type_name() != first.type_name())
      throw InputError("the frames " + part.name() + " have shape " + h5::text_of(part.dims) + " and type " +
                           part.type_name() + ", those of " + first.name() + " " + h5::text_of(first.dims) +
                           " and " + first.type_name(),
                       {}, "all frames of a series need one shape and type");
  }
}

/// A file of a probe or an object, given for one of frames.
std::string probes_among(const std::vector<h5::Dataset>& all) {
  const auto wave =
      std::find_if(all.begin(), all.end(), [](const auto& d) { return d.complex() && d.rank() >= 2; });
  return wave == all.end() ? "" : "; " + wave->path + " looks like a probe or an object, which --probe takes";
}

/// Links are followed where they are named.
std::string links_of(const h5::Source& source) {
  constexpr std::size_t most = 8;
  const auto links = h5::all_links(source.file);
  std::string text;
  for (std::size_t i = 0; i < std::min(links.size(), most); ++i) text += (i == 0 ? "" : ", ") + links[i];
  if (links.size() > most) text += " and " + std::to_string(links.size() - most) + " more";
  return text.empty() ? "" : ", and links: " + text + "; name one with --data PATH";
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
                     (all.empty() ? "it holds no dataset at all" : "it holds " + h5::list_of(all)) +
                         links_of(source) + probes_among(all));
  throw InputError(source.name + " holds several datasets that could be the frames: " + h5::list_of(found),
                   {}, "name one with --data PATH");
}

FrameParts find_frames(const h5::Source& source) {
  FrameParts frames;
  if (auto dataset = source.find_first(standard_frames); dataset && is_stack(*dataset)) {
    frames.parts.push_back(part_of(std::move(*dataset)));
    return frames;
  }
  if (is_eiger_master(source)) return eiger_frames(source);
  if (is_ptyd(source)) return ptyd_frames(source);
  frames.parts.push_back(part_of(only_stack(source)));
  return frames;
}

/// Two dimensions before those of the frames, each longer than one, are the grid of the scan.
Shape grid_of(const h5::Dataset& dataset) {
  std::vector<std::size_t> sides;
  for (std::size_t i = 0; i + 2 < dataset.rank(); ++i)
    if (dataset.dims[i] > 1) sides.push_back(dataset.dims[i]);
  return sides.size() == 2 ? Shape{sides[0], sides[1]} : Shape{};
}

}  // namespace

std::uint64_t FrameParts::count() const {
  std::uint64_t rows = 0;
  for (const FramePart& part : parts) rows += part.rows;
  return rows;
}

Shape FrameParts::shape() const {
  for (const FramePart& part : parts)
    if (!part.gone()) return {part.dataset.dims[part.dataset.rank() - 2], part.dataset.dims.back()};
  return {};
}

std::string FrameParts::name() const {
  std::vector<const h5::Dataset*> there;
  for (const FramePart& part : parts)
    if (!part.gone()) there.push_back(&part.dataset);
  return there.size() == 1 ? there.front()->name() : there.front()->path + " to " + there.back()->name();
}

bool is_eiger_master(const h5::Source& source) {
  return !eiger_links(source).empty();
}

std::vector<std::string> ptyd_chunks(const h5::Source& source) {
  std::vector<std::pair<std::uint64_t, std::string>> chunks;
  for (const std::string& name : source.links_in("/chunks"))
    if (const auto number = number_behind(name, 0); number && source.find("/chunks/" + name + "/data"))
      chunks.emplace_back(*number, "/chunks/" + name);
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
    frames.parts.push_back(part_of(h5::locate(source, spec)));
  expect_one_shape(frames);
  for (const FramePart& part : frames.parts)
    if (!part.gone()) frames.by_columns = frames.by_columns || h5::by_columns(part.dataset);
  if (frames.parts.size() == 1) frames.grid = grid_of(frames.parts.front().dataset);
  if (const auto numbers = source.find("/indexes"); numbers && numbers->numeric() && frames.numbers.empty())
    if (auto values = h5::read<std::int64_t>(*numbers); values.size() == frames.count())
      frames.numbers = std::move(values);
  return frames;
}

}  // namespace ptero::scanfile
