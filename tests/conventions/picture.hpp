#pragma once

#include <array>
#include <filesystem>
#include <string>

#include "truth.hpp"

namespace ptero::conventions {

/// How well a reconstruction agrees with the truth in each of the eight orientations.
struct Agreement {
  std::array<double, 8> correlation{};  ///< of the phases, without their ramps; first as it is
  double object_pixel_m = 0;
  std::uint64_t frames = 0;  ///< in the image
  double first_error = 0;    ///< of the amplitudes, in the first pass: how well the first probe fits

  double as_it_is() const { return correlation[0]; }
  double best_turned() const;
};

/// folder: that of the results. Compared where the frames that were to be used lit the object.
Agreement agreement_of(const std::filesystem::path& folder, const Truth& truth, const Expected& expected);

/// What is wrong with a picture; empty: nothing. sound: that of the scan as plainly as it can be written.
std::string difference_of_picture(const Agreement& picture, const Agreement& sound, const Truth& truth,
                                  const Expected& expected);

}  // namespace ptero::conventions
