#include "frame_source.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <ptero/codec/codec.hpp>

#include "raw_layout.hpp"

namespace ptero::scanfile {

namespace {

/// The narrowest core type that holds the counts; HDF5 converts, negative integers to 0 and overflow to all
/// ones.
Dtype dtype_for(const h5::Dataset& dataset) {
  const h5::Id type(H5Dget_type(dataset.id));
  if (dataset.type_class == H5T_FLOAT) return Dtype::f32;
  switch (H5Tget_size(type)) {
    case 1:
      return Dtype::u8;
    case 2:
      return Dtype::u16;
    default:
      return Dtype::u32;
  }
}

hid_t memory_type(Dtype dtype) {
  return with_dtype(dtype, []<class T>(T) { return h5::type_of<T>(); });
}

/// The type to convert to unsigned in a second step; invalid when HDF5 converts in one. When only byte order
/// and sign differ HDF5 swaps the bytes and lets negative numbers wrap around instead of reading them as 0.
h5::Id detour(const h5::Dataset& dataset) {
  const h5::Id type(H5Dget_type(dataset.id));
  const bool wraps = dataset.type_class == H5T_INTEGER && H5Tget_sign(type) == H5T_SGN_2 &&
                     H5Tget_order(type) == H5T_ORDER_BE;
  return wraps ? h5::Id(H5Tget_native_type(type, H5T_DIR_ASCEND)) : h5::Id();
}

/// Chunks HDF5 may lack the filter for but that we can decode: whole frames, one filter, no conversion.
Codec codec_of_chunks(const h5::Dataset& dataset, Dtype dtype) {
  const h5::Id creation(H5Dget_create_plist(dataset.id));
  hsize_t chunk[3] = {};
  if (H5Pget_layout(creation) != H5D_CHUNKED || H5Pget_chunk(creation, 3, chunk) != 3) return Codec::none;
  if (chunk[0] != 1 || chunk[1] != dataset.dims[1] || chunk[2] != dataset.dims[2]) return Codec::none;
  const h5::Id type(H5Dget_type(dataset.id));
  if (H5Pget_nfilters(creation) != 1 || H5Tequal(type, memory_type(dtype)) <= 0) return Codec::none;
  unsigned flags = 0;
  unsigned config = 0;
  std::size_t values = 0;
  switch (H5Pget_filter2(creation, 0, &flags, &values, nullptr, 0, nullptr, &config)) {
    case raw::lz4_filter:
      return Codec::lz4;
    case raw::bslz4_filter:
      return Codec::bslz4;
    default:
      return Codec::none;
  }
}

/// One frame's chunks must fit HDF5's cache, or each is decompressed again for every frame in it.
h5::Dataset with_chunk_cache(h5::Dataset dataset) {
  const h5::Id creation(H5Dget_create_plist(dataset.id));
  hsize_t chunk[3] = {};
  if (H5Pget_layout(creation) != H5D_CHUNKED || H5Pget_chunk(creation, 3, chunk) != 3 || chunk[0] == 1)
    return dataset;
  const h5::Id type(H5Dget_type(dataset.id));
  std::size_t bytes = H5Tget_size(type) * chunk[0];
  for (int i : {1, 2}) bytes *= (dataset.dims[i] + chunk[i] - 1) / chunk[i] * chunk[i];
  constexpr std::size_t most = std::size_t{512} << 20;
  const h5::Id access(H5Pcreate(H5P_DATASET_ACCESS));
  H5Pset_chunk_cache(access, 10007, std::clamp<std::size_t>(bytes, 1 << 20, most), 1.0);
  const h5::Id file(H5Iget_file_id(dataset.id));
  h5::Id reopened(H5Dopen2(file, dataset.path.c_str(), access));
  // Behind an external link the path is another file's: the dataset stays as it was opened.
  if (reopened.valid()) dataset.id = std::move(reopened);
  return dataset;
}

}  // namespace

FrameSource::FrameSource(FrameParts frames) : order_(std::move(frames.order)), name_(frames.name()) {
  dtype_ = dtype_for(frames.parts.front());
  for (h5::Dataset& dataset : frames.parts) {
    Part part{.dataset = with_chunk_cache(std::move(dataset)), .first = count_};
    part.chunk_codec = codec_of_chunks(part.dataset, dtype_);
    if (part.chunk_codec == Codec::none) h5::require_filters(part.dataset);
    count_ += part.dataset.dims[0];
    parts_.push_back(std::move(part));
  }
  if (count_ == 0 || shape().count() == 0)
    throw InputError("the frames " + name_ + " have shape " + h5::text_of(parts_.front().dataset.dims), {},
                     "at least one frame with pixels is needed");
}

std::optional<std::vector<std::byte>> FrameSource::read_chunk(const Part& part, std::uint64_t row) const {
  const hsize_t offset[3] = {row, 0, 0};
  hsize_t stored = 0;
  if (H5Dget_chunk_storage_size(part.dataset.id, offset, &stored) < 0 || stored == 0) return std::nullopt;
  std::vector<std::byte> chunk(stored);
  std::uint32_t skipped = 0;
  const auto problem = [&] {
    return "cannot read frame " + std::to_string(row) + " of " + part.dataset.name();
  };
  if (H5Dread_chunk(part.dataset.id, H5P_DEFAULT, offset, &skipped, chunk.data()) < 0)
    throw InputError(problem(), h5::reason());
  std::vector<std::byte> pixels(shape().count() * size_of(dtype_));
  const Codec codec = skipped != 0 ? Codec::none : part.chunk_codec;
  if (codec == Codec::none) {
    if (chunk.size() == pixels.size()) return chunk;
  } else if (const auto fault = ptero::codec::decode_into(codec, chunk, size_of(dtype_), pixels);
             fault == FrameFault::unsupported_codec) {
    h5::require_filters(part.dataset);
    return std::nullopt;
  } else if (!fault) {
    return pixels;
  }
  throw InputError(problem(), "its " + std::string(name_of(codec)) + " data does not decompress",
                   "the file is damaged");
}

std::vector<std::byte> FrameSource::read(std::uint64_t frame) const {
  const std::uint64_t row = order_.empty() ? frame : order_[frame];
  auto part = parts_.end() - 1;
  while (part->first > row) --part;
  return read_row(*part, row - part->first);
}

std::vector<std::byte> FrameSource::read_row(const Part& part, std::uint64_t row) const {
  const h5::Dataset& dataset = part.dataset;
  if (part.chunk_codec != Codec::none)
    if (auto pixels = read_chunk(part, row)) return std::move(*pixels);
  const hsize_t start[3] = {row, 0, 0};
  const hsize_t count[3] = {1, shape().rows, shape().cols};
  const h5::Id in_file(H5Dget_space(dataset.id));
  const h5::Id in_memory(H5Screate_simple(3, count, nullptr));
  H5Sselect_hyperslab(in_file, H5S_SELECT_SET, start, nullptr, count, nullptr);
  const h5::Id between = detour(dataset);
  const hid_t target = memory_type(dtype_);
  const std::size_t widest =
      between.valid() ? std::max(H5Tget_size(between), size_of(dtype_)) : size_of(dtype_);
  std::vector<std::byte> pixels(shape().count() * widest);
  const hid_t first = between.valid() ? hid_t{between} : target;
  if (H5Dread(dataset.id, first, in_memory, in_file, H5P_DEFAULT, pixels.data()) < 0 ||
      (between.valid() &&
       H5Tconvert(between, target, shape().count(), pixels.data(), nullptr, H5P_DEFAULT) < 0))
    throw InputError("cannot read frame " + std::to_string(row) + " of " + dataset.name(), h5::reason(),
                     "the file is damaged or truncated");
  pixels.resize(shape().count() * size_of(dtype_));
  if (dtype_ == Dtype::f32) {
    // Not a number is no count: infinity is the flag of f32.
    const std::span<float> values(reinterpret_cast<float*>(pixels.data()), shape().count());
    for (float& value : values)
      if (std::isnan(value)) value = std::numeric_limits<float>::infinity();
  }
  return pixels;
}

}  // namespace ptero::scanfile
