#pragma once
// Reads the frames of a file one by one, converted to a core Dtype.

#include <ptero/core/bytes.hpp>
#include <ptero/core/dtype.hpp>
#include <ptero/core/frame.hpp>
#include <ptero/core/image.hpp>
#include <vector>

#include "frame_parts.hpp"

namespace ptero::scanfile {

class FrameSource {
 public:
  /// Throws InputError when the pixels cannot be read: an unknown type, a filter without plugin.
  explicit FrameSource(FrameParts frames);

  std::uint64_t count() const { return count_; }
  Shape shape() const { return {parts_.front().dataset.dims[1], parts_.front().dataset.dims[2]}; }
  Dtype dtype() const { return dtype_; }
  const std::string& name() const { return name_; }

  /// shape().count() pixels of dtype(), C order. frame < count().
  std::vector<std::byte> read(std::uint64_t frame) const;

 private:
  struct Part {
    h5::Dataset dataset;
    std::uint64_t first = 0;          ///< row of all parts together that is its row 0
    Codec chunk_codec = Codec::none;  ///< chunks are whole frames in this codec, which we decode ourselves
  };
  std::vector<Part> parts_;
  std::vector<std::uint64_t> order_;
  std::string name_;
  std::uint64_t count_ = 0;
  Dtype dtype_ = Dtype::u16;

  std::vector<std::byte> read_row(const Part& part, std::uint64_t row) const;
  std::optional<std::vector<std::byte>> read_chunk(const Part& part, std::uint64_t row) const;
};

}  // namespace ptero::scanfile
