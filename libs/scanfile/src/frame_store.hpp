#pragma once
// The frames of a recorded scan one by one, whatever kind of file holds them.

#include <cstdint>
#include <ptero/core/dtype.hpp>
#include <ptero/core/image.hpp>
#include <ptero/scanfile/absence.hpp>
#include <string>
#include <vector>

namespace ptero::scanfile {

class FrameStore {
 public:
  virtual ~FrameStore() = default;

  virtual std::uint64_t count() const = 0;
  virtual Shape shape() const = 0;
  virtual Dtype dtype() const = 0;
  /// For messages: "/entry/data/data of scan.h5".
  virtual const std::string& name() const = 0;
  /// shape().count() pixels of dtype(), C order. frame < count(). Throws InputError where they cannot be
  /// read.
  virtual std::vector<std::byte> read(std::uint64_t frame) const = 0;
  virtual Absence absence(std::uint64_t) const { return Absence::none; }

  /// Whether the file's pixels are integers that can be negative.
  virtual bool is_signed() const = 0;
  /// From now on they are handed out as f32, negative ones included, instead of being flags.
  virtual void keep_negatives() = 0;
  /// Back to flags.
  virtual void flag_negatives() = 0;
};

}  // namespace ptero::scanfile
