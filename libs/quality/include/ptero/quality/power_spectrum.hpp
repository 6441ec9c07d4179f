#pragma once

#include <ptero/core/image.hpp>
#include <vector>

namespace ptero::quality {

/// The power spectrum of an image less its mean under a Tukey window whose flanks take up `taper` of each
/// side, divided by its sum, so that it sums to 1 ("normalized by the integrated energy" [Du21, section
/// 3.2]). Zero frequency at (rows / 2, cols / 2); all 0 for a constant image. At least 8 x 8.
Image<float> power_spectrum(const Image<float>& image, double taper = 0.5);

/// (log10 P)^2, as [Du21, fig. 4] shows it: small where P is large. 0 (no power) becomes the largest value.
Image<float> shown_power(const Image<float>& spectrum);

/// Mean power a pixel of the spectrum in rings one frequency step wide, by rising frequency. The step is that
/// of the longer side; up to half a cycle a pixel.
struct RadialPower {
  std::vector<double> frequency;  ///< cycles a pixel, middle of the ring
  std::vector<double> power;
};
RadialPower radial_power(const Image<float>& spectrum);

/// Which part of a spectrum belongs to a streak: what lies in its direction, between two frequencies.
struct StreakOptions {
  double low = 0.05;               ///< cycles a pixel; below, every object has its power
  double high = 0.5;               ///< above, there is noise only
  double half_width_rad = 0.0873;  ///< of the wedge to either side of the direction: 5 degrees
};

/// Structures that repeat along one direction draw a streak through the middle of the spectrum in that
/// direction; where they show in another slice as a ghost, the streak shows too [Du21, section 3.2].
struct Streak {
  double angle_rad = 0;  ///< its direction in [0, pi), from the columns' axis towards growing rows
  double share = 0;      ///< of the whole power that lies in it
  double contrast = 0;   ///< its mean power a pixel over that of the rest of the ring; 1: there is no streak
};

/// In a given direction.
Streak streak_along(const Image<float>& spectrum, double angle_rad, const StreakOptions& options = {});
/// In the direction where most power lies, found to one degree.
Streak strongest_streak(const Image<float>& spectrum, const StreakOptions& options = {});

}  // namespace ptero::quality
