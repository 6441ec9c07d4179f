#pragma once
// Reads the frames of a dataset one by one, converted to a core Dtype.

#include <ptero/core/bytes.hpp>
#include <ptero/core/dtype.hpp>
#include <ptero/core/frame.hpp>
#include <ptero/core/image.hpp>
#include <vector>

#include "h5.hpp"

namespace ptero::spool {

class FrameSource {
 public:
  /// Throws InputError when the pixels cannot be read: an unknown type, a filter without plugin.
  explicit FrameSource(h5::Dataset dataset);

  std::uint64_t count() const { return dataset_.dims[0]; }
  Shape shape() const { return {dataset_.dims[1], dataset_.dims[2]}; }
  Dtype dtype() const { return dtype_; }
  const h5::Dataset& dataset() const { return dataset_; }

  /// shape().count() pixels of dtype(), C order.
  std::vector<std::byte> read(std::uint64_t row) const;

 private:
  h5::Dataset dataset_;
  Dtype dtype_;
  Codec chunk_codec_ = Codec::none;  ///< chunks are whole frames in this codec, which we decode ourselves

  std::optional<std::vector<std::byte>> read_chunk(std::uint64_t row) const;
};

}  // namespace ptero::spool
