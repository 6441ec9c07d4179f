#pragma once

#include <ptero/core/result.hpp>
#include <string>
#include <vector>

#include "cbor_reader.hpp"
#include "payload.hpp"

namespace ptero::simplon {

/// An array in CBOR: a multi-dimensional one (tag 40, 1040), a typed one (tags 64 to 87, RFC 8746), or plain
/// bytes; its bytes may be compressed (tag 56500).
struct CborArray {
  std::vector<std::size_t> dims;  ///< slowest first; empty: it says none
  std::optional<Dtype> dtype;     ///< absent: a type ptero does not know
  std::string type;               ///< as NumPy would spell it, without the byte order
  std::size_t element_bytes = 1;
  bool big_endian = false;
  bool column_major = false;
  Packing packing = Packing::none;
  Bytes payload;

  /// dims.size() == 2, dtype set.
  PackedArray packed() const {
    return {{dims[0], dims[1]}, *dtype, packing, big_endian, column_major, payload};
  }
};

/// Reads the array that comes next; its payload is a view of `owner`, which is what `cbor` reads.
Result<CborArray, FrameFault> read_array(CborReader& cbor, const Bytes& owner);

/// Whether a tag begins an array.
bool is_array_tag(std::uint64_t tag);

}  // namespace ptero::simplon
