#pragma once

#include <complex>
#include <cstddef>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <ptero/core/frame.hpp>
#include <ptero/core/image.hpp>
#include <ptero/core/position.hpp>
#include <ptero/core/series.hpp>
#include <ptero/core/warning.hpp>

namespace ptero::scan {

/// What a scan is described by. Absent: not known, and not looked at.
struct ScanQuantities {
  std::optional<double> photon_energy_ev;
  std::optional<double> electron_energy_ev;
  std::optional<double> distance_m;
  std::optional<double> detector_pixel_m;
  std::optional<double> detector_pixel_ratio;  ///< height over width
  std::optional<double> object_pixel_m;
  std::optional<double> step_in_pixels;   ///< from a frame to the nearest other, in object pixels
  std::optional<double> step_in_beams;    ///< the same, in widths of the beam
  std::optional<double> step_in_patches;  ///< the same, in sides of what a pattern sees of the object
  std::optional<double> scan_in_patches;  ///< longer side of the area scanned
  std::optional<double> masked_counts;    ///< share of the counts that lie under the mask
};

/// Between which values a quantity is believed. A warning outside; refused where it cannot be meant.
struct PlausibleBound {
  std::string_view code;      ///< of the warning
  std::string_view quantity;  ///< for people
  std::string_view unit;      ///< empty: a ratio
  double low, high;           ///< believed; may be infinite
  double refused_below, refused_above;
  std::string_view reason;
  std::optional<double> ScanQuantities::*value;
};
/// doc/plausible.md is the same table.
std::span<const PlausibleBound> plausible_bounds();
/// "50 eV to 200 keV", "at most 1".
std::string range_of(const PlausibleBound& bound, double low, double high);

struct Judgement {
  std::string refused;  ///< the first that cannot be meant, in one sentence; empty: none
  Warnings warnings;
};
Judgement judge(const ScanQuantities& quantities);

/// What is known of a series before its first frame. object_pixel_m: of this reconstruction.
ScanQuantities quantities_of(const SeriesInfo& info, bool electrons, double object_pixel_m);
/// Adds what frames and probe say. probe empty: not known yet.
void add_scan(ScanQuantities& quantities, const std::map<FrameId, Position>& positions, double object_pixel_m,
              std::size_t pattern, const Image<std::complex<float>>& probe);

/// The energy of photons, and of electrons (relativistic), of this wavelength. wavelength_m > 0.
double photon_energy_ev(double wavelength_m);
double electron_energy_ev(double wavelength_m);

/// Median distance from a position to the nearest other place, of some hundred; nullopt: fewer than two
/// places.
std::optional<double> typical_step_m(const std::map<FrameId, Position>& positions);

/// Counts more than this factor above or below those of both their neighbours are no sample's doing.
inline constexpr double counts_jump = 5;
/// The frames whose total counts are. counts: by frame.
std::vector<FrameId> jumping_counts(const std::map<FrameId, double>& counts);

}  // namespace ptero::scan
