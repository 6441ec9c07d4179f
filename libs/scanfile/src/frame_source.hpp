#pragma once
// Reads the frames of an HDF5 file one by one, converted to a core Dtype.

#include <optional>
#include <ptero/core/frame.hpp>

#include "frame_parts.hpp"
#include "frame_store.hpp"
#include "pixel_type.hpp"

namespace ptero::scanfile {

class FrameSource : public FrameStore {
 public:
  /// Throws InputError when the pixels cannot be read: an unknown type, a filter without plugin.
  explicit FrameSource(FrameParts frames);

  std::uint64_t count() const override { return count_; }
  Shape shape() const override { return shape_; }
  Dtype dtype() const override { return dtype_; }
  const std::string& name() const override { return name_; }
  std::vector<std::byte> read(std::uint64_t frame) const override;
  Absence absence(std::uint64_t frame) const override;
  bool is_signed() const override { return type_.kind == PixelType::Kind::signed_integer; }
  void keep_negatives() override { dtype_ = Dtype::f32; }
  void flag_negatives() override { dtype_ = dtype_for(type_); }

 private:
  struct Part {
    h5::Dataset dataset;              ///< not open where its file is gone
    std::uint64_t first = 0;          ///< row of all parts together that is its row 0
    Codec chunk_codec = Codec::none;  ///< chunks are whole frames in this codec, which we decode ourselves
    std::vector<Absence> absences;    ///< one a row; empty: all there
  };
  /// A part and a row in it.
  struct Place {
    const Part& part;
    std::uint64_t row;
  };
  std::vector<Part> parts_;
  std::vector<std::uint64_t> order_;
  std::string name_;
  std::uint64_t count_ = 0;
  Shape shape_;
  PixelType type_;
  Dtype dtype_ = Dtype::u16;

  Place place_of(std::uint64_t frame) const;
  std::vector<std::byte> read_row(const Part& part, std::uint64_t row) const;
  std::optional<std::vector<std::byte>> read_chunk(const Part& part, std::uint64_t row) const;
};

}  // namespace ptero::scanfile
