#include "absence.hpp"

#include <algorithm>
#include <filesystem>
#include <functional>

namespace ptero::scanfile {

std::string_view words_of(Absence absence) {
  switch (absence) {
    case Absence::never_came:
      return "never came";
    case Absence::not_written:
      return "not written";
    case Absence::source_gone:
      return "in a file that is not there";
    case Absence::none:
      break;
  }
  return "there";
}

namespace {

constexpr int deepest = 8;  // of virtual datasets over virtual datasets

std::vector<Absence> absences(const h5::Dataset& dataset, int depth);

std::size_t rows_of(const h5::Dims& dims) {
  std::size_t rows = 1;
  for (std::size_t i = 0; i + 2 < dims.size(); ++i) rows *= dims[i];
  return rows;
}

std::vector<Absence> all_rows(const h5::Dataset& dataset, Absence absence) {
  return std::vector<Absence>(rows_of(dataset.dims), absence);
}

/// Calls see(row) for each flattened row that a chunk at `offset` touches.
void rows_of_chunk(const h5::Dims& dims, const h5::Dims& chunk, const h5::Dims& offset,
                   const std::function<void(std::size_t)>& see) {
  const std::size_t leading = dims.size() - 2;
  h5::Dims at(offset.begin(), offset.begin() + static_cast<std::ptrdiff_t>(leading));
  while (true) {
    std::size_t row = 0;
    for (std::size_t i = 0; i < leading; ++i) row = row * dims[i] + at[i];
    see(row);
    std::size_t axis = leading;
    while (axis > 0) {
      --axis;
      if (++at[axis] < std::min(offset[axis] + chunk[axis], dims[axis])) break;
      at[axis] = offset[axis];
      if (axis == 0) return;
    }
    if (leading == 0) return;
  }
}

/// A row is there when all chunks that hold a part of it are.
std::vector<Absence> of_chunks(const h5::Dataset& dataset, const h5::Id& creation) {
  H5D_space_status_t status = H5D_SPACE_STATUS_ERROR;
  if (H5Dget_space_status(dataset.id, &status) < 0 || status == H5D_SPACE_STATUS_ALLOCATED) return {};
  if (status == H5D_SPACE_STATUS_NOT_ALLOCATED) return all_rows(dataset, Absence::not_written);
  h5::Dims chunk(dataset.rank());
  if (H5Pget_chunk(creation, static_cast<int>(chunk.size()), chunk.data()) < 0) return {};
  std::vector<Absence> found = all_rows(dataset, Absence::none);
  h5::Dims offset(dataset.rank(), 0);
  while (true) {
    hsize_t stored = 0;
    if (H5Dget_chunk_storage_size(dataset.id, offset.data(), &stored) < 0 || stored == 0)
      rows_of_chunk(dataset.dims, chunk, offset, [&](std::size_t row) { found[row] = Absence::not_written; });
    std::size_t axis = offset.size();
    while (axis > 0 && (offset[axis - 1] += chunk[axis - 1]) >= dataset.dims[axis - 1]) offset[--axis] = 0;
    if (axis == 0) break;
  }
  if (std::none_of(found.begin(), found.end(), [](Absence a) { return a != Absence::none; })) return {};
  return found;
}

/// Where along one axis a selection lies.
struct Along {
  hsize_t start = 0, stride = 1, count = 0, block = 1;
};

/// The flattened rows that a selection touches, in order; nullopt: it is no regular one.
std::optional<std::vector<std::size_t>> rows_selected(hid_t space, const h5::Dims& dims) {
  const std::size_t rank = dims.size();
  std::vector<Along> along(rank);
  if (H5Sget_select_type(space) == H5S_SEL_ALL) {
    // Whatever shape the space claims to have.
    for (std::size_t i = 0; i < rank; ++i) along[i] = {.start = 0, .stride = 1, .count = dims[i], .block = 1};
  } else if (static_cast<std::size_t>(H5Sget_simple_extent_ndims(space)) != rank) {
    return std::nullopt;
  } else {
    std::vector<hsize_t> start(rank), stride(rank), count(rank), block(rank);
    if (H5Sget_select_type(space) != H5S_SEL_HYPERSLABS || H5Sis_regular_hyperslab(space) <= 0 ||
        H5Sget_regular_hyperslab(space, start.data(), stride.data(), count.data(), block.data()) < 0)
      return std::nullopt;
    for (std::size_t i = 0; i < rank; ++i) {
      // A selection without end goes as far as the dataset.
      if (block[i] == H5S_UNLIMITED) block[i] = dims[i] - std::min(start[i], dims[i]);
      if (count[i] == H5S_UNLIMITED)
        count[i] = (dims[i] - std::min(start[i], dims[i]) + stride[i] - 1) / stride[i];
      along[i] = {start[i], stride[i], count[i], block[i]};
    }
  }
  std::vector<std::size_t> rows{0};
  for (std::size_t axis = 0; axis + 2 < rank; ++axis) {
    std::vector<std::size_t> next;
    for (const std::size_t row : rows)
      for (hsize_t i = 0; i < along[axis].count; ++i)
        for (hsize_t k = 0; k < along[axis].block; ++k)
          if (const hsize_t at = along[axis].start + i * along[axis].stride + k; at < dims[axis])
            next.push_back(row * dims[axis] + at);
    rows = std::move(next);
  }
  return rows;
}

/// As HDF5 looks for it: beside the file, then where the program runs.
std::optional<h5::Dataset> open_source(const h5::Dataset& dataset, const std::string& file,
                                       const std::string& path) {
  if (file == ".") {
    const h5::Id own(H5Iget_file_id(dataset.id));
    return h5::find_dataset(own, dataset.file, path);
  }
  // Behind an external link the dataset lies in another file than it was asked from.
  char own[4096] = "";
  if (H5Fget_name(dataset.id, own, sizeof own) < 0) own[0] = '\0';
  const std::filesystem::path beside = std::filesystem::path(own).parent_path() / file;
  for (const std::filesystem::path& where : {beside, std::filesystem::path(file)}) {
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(where, ignored)) continue;
    const h5::Id access = h5::file_access();
    h5::Id opened(H5Fopen(where.c_str(), H5F_ACC_RDONLY, access));
    if (!opened.valid()) opened = h5::Id(H5Fopen(where.c_str(), H5F_ACC_RDONLY | H5F_ACC_SWMR_READ, access));
    if (opened.valid()) return h5::find_dataset(opened, where.string(), path);
  }
  return std::nullopt;
}

std::string text_of_mapping(hid_t creation, std::size_t i, ssize_t (*get)(hid_t, size_t, char*, size_t)) {
  const ssize_t length = get(creation, i, nullptr, 0);
  std::string text(static_cast<std::size_t>(std::max<ssize_t>(length, 0)) + 1, '\0');
  get(creation, i, text.data(), text.size());
  text.pop_back();
  return text;
}

/// What one source of a virtual dataset takes away from the rows it should give.
void look_at_source(const h5::Dataset& dataset, hid_t creation, std::size_t i, int depth,
                    std::vector<Absence>& found, std::vector<bool>& mapped) {
  const h5::Id here(H5Pget_virtual_vspace(creation, i));
  const auto rows = rows_selected(here, dataset.dims);
  const std::string file = text_of_mapping(creation, i, H5Pget_virtual_filename);
  // Numbered names ("part-%b.h5") stand for as many files as there are; HDF5 itself stops at the first gap.
  if (!rows || file.find("%b") != std::string::npos) {
    mapped.assign(mapped.size(), true);
    return;
  }
  for (const std::size_t row : *rows) mapped[row] = true;
  const auto source = open_source(dataset, file, text_of_mapping(creation, i, H5Pget_virtual_dsetname));
  if (!source) {
    for (const std::size_t row : *rows) found[row] = Absence::source_gone;
    return;
  }
  const std::vector<Absence> there =
      source->rank() >= 2 ? absences(*source, depth + 1) : std::vector<Absence>{};
  if (there.empty()) return;
  const h5::Id of_source(H5Pget_virtual_srcspace(creation, i));
  const auto from = rows_selected(of_source, source->dims);
  if (!from || from->size() != rows->size()) return;
  for (std::size_t k = 0; k < rows->size(); ++k)
    if (there[(*from)[k]] != Absence::none) found[(*rows)[k]] = there[(*from)[k]];
}

std::vector<Absence> of_sources(const h5::Dataset& dataset, hid_t creation, int depth) {
  std::size_t sources = 0;
  if (H5Pget_virtual_count(creation, &sources) < 0 || depth > deepest) return {};
  std::vector<Absence> found = all_rows(dataset, Absence::none);
  std::vector<bool> mapped(found.size(), false);
  for (std::size_t i = 0; i < sources; ++i) look_at_source(dataset, creation, i, depth, found, mapped);
  for (std::size_t row = 0; row < found.size(); ++row)
    if (!mapped[row]) found[row] = Absence::not_written;
  if (std::none_of(found.begin(), found.end(), [](Absence a) { return a != Absence::none; })) return {};
  return found;
}

std::vector<Absence> absences(const h5::Dataset& dataset, int depth) {
  const h5::Id creation(H5Dget_create_plist(dataset.id));
  switch (H5Pget_layout(creation)) {
    case H5D_CHUNKED:
      return of_chunks(dataset, creation);
    case H5D_VIRTUAL:
      return of_sources(dataset, creation, depth);
    case H5D_CONTIGUOUS: {
      H5D_space_status_t status = H5D_SPACE_STATUS_ERROR;
      const bool never = H5Pget_external_count(creation) == 0 &&
                         H5Dget_space_status(dataset.id, &status) >= 0 &&
                         status == H5D_SPACE_STATUS_NOT_ALLOCATED && h5::count_of(dataset.dims) > 0;
      return never ? all_rows(dataset, Absence::not_written) : std::vector<Absence>{};
    }
    default:
      return {};
  }
}

}  // namespace

std::vector<Absence> absences_of(const h5::Dataset& dataset) {
  return absences(dataset, 0);
}

}  // namespace ptero::scanfile
