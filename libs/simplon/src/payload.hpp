#pragma once

#include <cstdint>
#include <optional>
#include <ptero/core/frame.hpp>

namespace ptero::simplon {

/// How an array's bytes were packed. lz4_block: one raw LZ4 block, as version 1 sends it; the other two are
/// the framings of HDF5 filters 32004 and 32008.
enum class Packing { none, lz4_block, lz4, bslz4 };

/// An array as a message describes it.
struct PackedArray {
  Shape shape;  ///< of the array in memory order: rows, columns
  Dtype dtype = Dtype::u16;
  Packing packing = Packing::none;
  bool big_endian = false;
  bool column_major = false;
  Bytes payload;
};

/// Fills shape, dtype, codec and payload of `frame`. The payload is shared as it is, but for a raw LZ4 block,
/// which is copied behind the header of the HDF5 framing, and for arrays that are big endian or column major,
/// which are decoded. Everything that can be told from sizes is checked before anything is allocated.
std::optional<FrameFault> unpack(const PackedArray& array, std::size_t max_bytes, Frame& frame);

}  // namespace ptero::simplon
