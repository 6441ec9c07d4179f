#include "frame_source.hpp"

#include <algorithm>
#include <bit>
#include <ptero/codec/codec.hpp>

#include "absence.hpp"
#include "raw_layout.hpp"

namespace ptero::scanfile {

namespace {

/// As the file's pixels look in memory, in this machine's byte order.
PixelType type_of_pixels(const h5::Dataset& dataset) {
  const h5::Id type(H5Dget_type(dataset.id));
  PixelType pixels;
  pixels.kind = dataset.type_class == H5T_FLOAT     ? PixelType::Kind::floating
                : H5Tget_sign(type) == H5T_SGN_NONE ? PixelType::Kind::unsigned_integer
                                                    : PixelType::Kind::signed_integer;
  pixels.bytes = std::clamp<std::size_t>(std::bit_ceil(H5Tget_size(type)), 1, 8);
  if (pixels.kind == PixelType::Kind::floating) pixels.bytes = std::max<std::size_t>(pixels.bytes, 4);
  pixels.big_endian = std::endian::native == std::endian::big;
  return pixels;
}

hid_t memory_type(const PixelType& type) {
  using enum PixelType::Kind;
  const bool plain = type.kind == unsigned_integer;
  if (type.kind == floating) return type.bytes == 4 ? H5T_NATIVE_FLOAT : H5T_NATIVE_DOUBLE;
  switch (type.bytes) {
    case 1:
      return plain ? H5T_NATIVE_UINT8 : H5T_NATIVE_INT8;
    case 2:
      return plain ? H5T_NATIVE_UINT16 : H5T_NATIVE_INT16;
    case 4:
      return plain ? H5T_NATIVE_UINT32 : H5T_NATIVE_INT32;
    default:
      return plain ? H5T_NATIVE_UINT64 : H5T_NATIVE_INT64;
  }
}

/// Chunks HDF5 may lack the filter for but that we can decode: whole frames, one filter, no conversion.
Codec codec_of_chunks(const h5::Dataset& dataset, const PixelType& pixels) {
  const h5::Id creation(H5Dget_create_plist(dataset.id));
  hsize_t chunk[3] = {};
  if (dataset.rank() != 3 || pixels.kind == PixelType::Kind::signed_integer) return Codec::none;
  if (H5Pget_layout(creation) != H5D_CHUNKED || H5Pget_chunk(creation, 3, chunk) != 3) return Codec::none;
  if (chunk[0] != 1 || chunk[1] != dataset.dims[1] || chunk[2] != dataset.dims[2]) return Codec::none;
  const h5::Id type(H5Dget_type(dataset.id));
  if (H5Pget_nfilters(creation) != 1 || H5Tequal(type, memory_type(pixels)) <= 0) return Codec::none;
  if (size_of(dtype_for(pixels)) != pixels.bytes) return Codec::none;
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

bool are_one(hid_t a, hid_t b) {
  H5O_info_t of_a, of_b;
  return H5Oget_info2(a, &of_a, H5O_INFO_BASIC) >= 0 && H5Oget_info2(b, &of_b, H5O_INFO_BASIC) >= 0 &&
         of_a.fileno == of_b.fileno && of_a.addr == of_b.addr;
}

/// One frame's chunks must fit HDF5's cache, or each is decompressed again for every frame in it.
h5::Dataset with_chunk_cache(h5::Dataset dataset) {
  const h5::Id creation(H5Dget_create_plist(dataset.id));
  h5::Dims chunk(dataset.rank());
  const int rank = static_cast<int>(chunk.size());
  if (H5Pget_layout(creation) != H5D_CHUNKED || H5Pget_chunk(creation, rank, chunk.data()) != rank)
    return dataset;
  const h5::Id type(H5Dget_type(dataset.id));
  std::size_t bytes = H5Tget_size(type);
  std::size_t frames = 1;
  for (std::size_t i = 0; i < chunk.size(); ++i) {
    const bool leading = i + 2 < chunk.size();
    bytes *= leading ? chunk[i] : (dataset.dims[i] + chunk[i] - 1) / chunk[i] * chunk[i];
    if (leading) frames *= chunk[i];
  }
  if (frames == 1) return dataset;
  constexpr std::size_t most = std::size_t{512} << 20;
  const h5::Id access(H5Pcreate(H5P_DATASET_ACCESS));
  H5Pset_chunk_cache(access, 10007, std::clamp<std::size_t>(bytes, 1 << 20, most), 1.0);
  const h5::Id file(H5Iget_file_id(dataset.id));
  h5::Id reopened(H5Dopen2(file, dataset.path.c_str(), access));
  // Behind an external link the path is another file's, where something else may lie: the dataset stays as it
  // was opened.
  if (reopened.valid() && are_one(reopened, dataset.id)) dataset.id = std::move(reopened);
  return dataset;
}

/// The place of a row in all dimensions.
h5::Dims start_of(const h5::Dims& dims, std::uint64_t row) {
  h5::Dims start(dims.size(), 0);
  for (std::size_t axis = dims.size() - 2; axis-- > 0;) {
    start[axis] = row % dims[axis];
    row /= dims[axis];
  }
  return start;
}

}  // namespace

FrameSource::FrameSource(FrameParts frames)
    : order_(std::move(frames.order)), name_(frames.name()), shape_(frames.shape()) {
  for (const FramePart& part : frames.parts)
    if (!part.gone()) type_ = type_of_pixels(part.dataset);
  dtype_ = dtype_for(type_);
  for (auto& [dataset, rows] : frames.parts) {
    Part part{.dataset = std::move(dataset), .first = count_};
    count_ += rows;
    if (part.dataset.id.valid()) {
      part.dataset = with_chunk_cache(std::move(part.dataset));
      part.chunk_codec = codec_of_chunks(part.dataset, type_);
      if (part.chunk_codec == Codec::none) h5::require_filters(part.dataset);
      part.absences = absences_of(part.dataset);
    }
    parts_.push_back(std::move(part));
  }
  if (count_ == 0 || shape().count() == 0)
    throw InputError("the frames " + name_ + " hold " + std::to_string(count_) + " frames of " +
                         std::to_string(shape_.rows) + " x " + std::to_string(shape_.cols) + " pixels",
                     {}, "at least one frame with pixels is needed");
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
  std::vector<std::byte> pixels(shape().count() * type_.bytes);
  const Codec codec = skipped != 0 ? Codec::none : part.chunk_codec;
  if (codec == Codec::none) {
    if (chunk.size() == pixels.size()) return chunk;
  } else if (const auto fault = ptero::codec::decode_into(codec, chunk, type_.bytes, pixels);
             fault == FrameFault::unsupported_codec) {
    h5::require_filters(part.dataset);
    return std::nullopt;
  } else if (!fault) {
    return pixels;
  }
  throw InputError(problem(), "its " + std::string(name_of(codec)) + " data does not decompress",
                   "the file is damaged");
}

FrameSource::Place FrameSource::place_of(std::uint64_t frame) const {
  const std::uint64_t row = order_.empty() ? frame : order_[frame];
  auto part = parts_.end() - 1;
  while (part->first > row) --part;
  return {*part, row - part->first};
}

Absence FrameSource::absence(std::uint64_t frame) const {
  const auto [part, row] = place_of(frame);
  if (!part.dataset.id.valid()) return Absence::source_gone;
  return part.absences.empty() ? Absence::none : part.absences[row];
}

std::vector<std::byte> FrameSource::read(std::uint64_t frame) const {
  const auto [part, row] = place_of(frame);
  if (!part.dataset.id.valid()) return std::vector<std::byte>(shape_.count() * size_of(dtype_));
  std::vector<std::byte> pixels = read_row(part, row);
  if (type_.kind == PixelType::Kind::unsigned_integer && size_of(dtype_) == type_.bytes) return pixels;
  std::vector<std::byte> out(shape_.count() * size_of(dtype_));
  convert(pixels, type_, dtype_, out);
  return out;
}

std::vector<std::byte> FrameSource::read_row(const Part& part, std::uint64_t row) const {
  const h5::Dataset& dataset = part.dataset;
  if (part.chunk_codec != Codec::none)
    if (auto pixels = read_chunk(part, row)) return std::move(*pixels);
  const h5::Dims start = start_of(dataset.dims, row);
  h5::Dims count(dataset.rank(), 1);
  count[count.size() - 2] = shape_.rows;
  count.back() = shape_.cols;
  const h5::Id in_file(H5Dget_space(dataset.id));
  const h5::Id in_memory(H5Screate_simple(static_cast<int>(count.size()), count.data(), nullptr));
  H5Sselect_hyperslab(in_file, H5S_SELECT_SET, start.data(), nullptr, count.data(), nullptr);
  std::vector<std::byte> pixels(shape_.count() * type_.bytes);
  if (H5Dread(dataset.id, memory_type(type_), in_memory, in_file, H5P_DEFAULT, pixels.data()) < 0)
    throw InputError("cannot read frame " + std::to_string(row) + " of " + dataset.name(), h5::reason(),
                     "the file is damaged or truncated");
  return pixels;
}

}  // namespace ptero::scanfile
