#pragma once

#include <cstdint>
#include <ptero/core/image.hpp>
#include <string>
#include <vector>

namespace ptero::scanfile {

struct DetectorMask {
  Shape shape;
  std::vector<std::uint8_t> bad;  ///< rows x cols, 0 = good
};

/// FILE:DATASET of rows x cols integers or booleans, 0 = good; of the bits of NXdetector, a pixel that is
/// only virtual is good too. Throws InputError.
DetectorMask read_mask(const std::string& spec);

}  // namespace ptero::scanfile
