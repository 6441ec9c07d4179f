#include <ptero/scan/plausible.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include <ptero/core/contract.hpp>
#include <ptero/core/series.hpp>
#include <ptero/scanfile/series_reader.hpp>

namespace ptero::scan {

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double electron_rest_ev = 510998.95;
// Of a typical step: so many positions are looked at.
constexpr std::size_t most_looked_at = 400;

constexpr std::size_t least_for_step = 9;
constexpr double most_photon_ev = 200e3, most_electron_ev = 1.5e6;

using Q = ScanQuantities;
constexpr std::array bounds = {
    PlausibleBound{"photon_energy", "photon energy", "eV", 50, most_photon_ev, 50, most_photon_ev,
                   "below, no sample lets the beam through; above, no optics focus it. A storage ring's "
                   "energy or keV taken for eV end up here",
                   &Q::photon_energy_ev},
    PlausibleBound{"electron_energy", "electron energy", "eV", 1e3, most_electron_ev, 1e3, most_electron_ev,
                   "no electron microscope works outside", &Q::electron_energy_ev},
    PlausibleBound{"distance", "distance from sample to detector", "m", 1e-3, 100, 1e-5, 1e3,
                   "no hutch is longer; millimetres taken for metres end up here", &Q::distance_m},
    PlausibleBound{"detector_pixel", "detector pixel", "m", 0.5e-6, 1e-3, 1e-8, 0.1,
                   "no pixel detector has others", &Q::detector_pixel_m},
    PlausibleBound{"detector_pixel_ratio", "height of a detector pixel over its width", "", 0.99, 1.01, 0,
                   inf, "pixels are taken for squares, so the image of others is stretched",
                   &Q::detector_pixel_ratio},
    PlausibleBound{"object_pixel", "object pixel", "m", 1e-12, 10e-6, 1e-14, 1e-3,
                   "finer than an atom, or coarser than a photograph", &Q::object_pixel_m},
    PlausibleBound{"step_in_pixels", "step of the scan in object pixels", "", 0.2, inf, 1e-3, inf,
                   "neighbouring frames see the same; a unit of the positions may be wrong",
                   &Q::step_in_pixels},
    PlausibleBound{"step_in_beams", "step of the scan in widths of the beam", "", 0, 1, 0, inf,
                   "without overlap of the beams nothing ties the frames together", &Q::step_in_beams},
    PlausibleBound{"step_in_patches", "step of the scan in sides of a patch", "", 0, 1, 0, 10,
                   "not even the patterns' fields of view overlap; a unit of the positions may be wrong",
                   &Q::step_in_patches},
    PlausibleBound{"scan_in_patches", "area scanned in sides of a patch", "", 0.05, 1000, 0, inf,
                   "the whole scan lies within a few pixels, or is larger than a day of measuring",
                   &Q::scan_in_patches},
    PlausibleBound{"masked_counts", "share of the counts under the mask", "", 0, 0.5, 0, inf,
                   "a mask leaves out bad pixels, not the pattern; in some files 1 is good",
                   &Q::masked_counts},
};

std::string with_unit(double value, std::string_view unit) {
  struct Prefix {
    double size;
    const char* name;
  };
  static constexpr std::array prefixes = {Prefix{1e9, "G"},  Prefix{1e6, "M"},  Prefix{1e3, "k"},
                                          Prefix{1, ""},     Prefix{1e-3, "m"}, Prefix{1e-6, "u"},
                                          Prefix{1e-9, "n"}, Prefix{1e-12, "p"}};
  if (unit.empty()) return fmt::format("{:.4g}", value);
  for (const auto& prefix : prefixes) {
    if (std::abs(value) < prefix.size * (1 - 1e-9)) continue;
    // Kilometres are no word of this trade.
    if (unit == "m" && prefix.size > 1) continue;
    return fmt::format("{:.4g} {}{}", value / prefix.size, prefix.name, unit);
  }
  return fmt::format("{:.4g} {}", value, unit);
}

}  // namespace

std::span<const PlausibleBound> plausible_bounds() {
  return bounds;
}

std::string range_of(const PlausibleBound& bound, double low, double high) {
  if (low <= 0 && high == inf) return "any";
  if (low <= 0) return "at most " + with_unit(high, bound.unit);
  if (high == inf) return "at least " + with_unit(low, bound.unit);
  return with_unit(low, bound.unit) + " to " + with_unit(high, bound.unit);
}

Judgement judge(const ScanQuantities& quantities) {
  Judgement out;
  for (const PlausibleBound& bound : bounds) {
    const auto& value = quantities.*bound.value;
    if (!value || (*value >= bound.low && *value <= bound.high)) continue;
    const auto sentence =
        fmt::format("{} is {}, and {} is believed ({})", bound.quantity, with_unit(*value, bound.unit),
                    range_of(bound, bound.low, bound.high), bound.reason);
    const bool refused = !(*value >= bound.refused_below && *value <= bound.refused_above);
    if (refused && out.refused.empty()) out.refused = sentence;
    if (!refused) out.warnings.push_back({std::string(bound.code), sentence});
  }
  return out;
}

ScanQuantities quantities_of(const SeriesInfo& info, bool electrons, double object_pixel_m) {
  ScanQuantities out;
  if (info.wavelength_m != 0) {
    // NaN and negative ones are refused as energies.
    const double photons = hc_ev_m / info.wavelength_m;
    const bool short_for_photons = info.wavelength_m > 0 && photons > most_photon_ev &&
                                   electron_energy_ev(info.wavelength_m) <= most_electron_ev;
    if (electrons || short_for_photons)
      out.electron_energy_ev = info.wavelength_m > 0 ? electron_energy_ev(info.wavelength_m) : photons;
    else
      out.photon_energy_ev = photons;
  }
  if (scanfile::in_pixels(info)) return out;  // pixels stand for metres
  if (info.distance_m != 0) out.distance_m = info.distance_m;
  if (info.detector_pixel_m != 0) out.detector_pixel_m = info.detector_pixel_m;
  if (object_pixel_m != 0) out.object_pixel_m = object_pixel_m;
  return out;
}

namespace {
/// Twice the rms radius of the intensity, in pixels; 0 where there is none.
double width_of(const Image<std::complex<float>>& probe) {
  double sum = 0, row = 0, col = 0, squares = 0;
  for (std::size_t r = 0; r < probe.rows(); ++r)
    for (std::size_t c = 0; c < probe.cols(); ++c) {
      const double light = std::norm(probe(r, c));
      const auto y = static_cast<double>(r), x = static_cast<double>(c);
      sum += light;
      row += light * y;
      col += light * x;
      squares += light * (y * y + x * x);
    }
  if (!(sum > 0)) return 0;
  return 2 * std::sqrt(std::max(0.0, squares / sum - (row * row + col * col) / (sum * sum)));
}
}  // namespace

void add_scan(ScanQuantities& quantities, const std::map<FrameId, Position>& positions, double object_pixel_m,
              std::size_t pattern, const Image<std::complex<float>>& probe) {
  const auto step_m = typical_step_m(positions);
  // Of few frames a step means little.
  if (!step_m || positions.size() < least_for_step || !(object_pixel_m > 0)) return;
  const double patch_m = static_cast<double>(pattern) * object_pixel_m;
  quantities.step_in_pixels = *step_m / object_pixel_m;
  quantities.step_in_patches = *step_m / patch_m;
  Position low = positions.begin()->second, high = low;
  for (const auto& [id, place] : positions) {
    low = {std::min(low.x_m, place.x_m), std::min(low.y_m, place.y_m)};
    high = {std::max(high.x_m, place.x_m), std::max(high.y_m, place.y_m)};
  }
  quantities.scan_in_patches = std::max(high.x_m - low.x_m, high.y_m - low.y_m) / patch_m;
  if (const double width = width_of(probe); width > 0)
    quantities.step_in_beams = *step_m / (width * object_pixel_m);
}

double photon_energy_ev(double wavelength_m) {
  PTERO_EXPECT(wavelength_m > 0);
  return hc_ev_m / wavelength_m;
}

double electron_energy_ev(double wavelength_m) {
  PTERO_EXPECT(wavelength_m > 0);
  const double momentum_ev = hc_ev_m / wavelength_m;
  // sqrt(p^2 c^2 + m^2 c^4) - m c^2, without the difference of two large numbers.
  return momentum_ev * momentum_ev / (std::hypot(momentum_ev, electron_rest_ev) + electron_rest_ev);
}

std::optional<double> typical_step_m(const std::map<FrameId, Position>& positions) {
  if (positions.size() < 2) return std::nullopt;
  std::vector<Position> places;
  places.reserve(positions.size());
  for (const auto& [id, place] : positions) places.push_back(place);
  std::vector<double> nearest;
  const std::size_t every = (places.size() + most_looked_at - 1) / most_looked_at;
  for (std::size_t i = 0; i < places.size(); i += every) {
    double least = inf;
    // Exposures repeated at a place are no step.
    for (const Position& other : places)
      if (other != places[i])
        least = std::min(least, std::hypot(places[i].x_m - other.x_m, places[i].y_m - other.y_m));
    if (least < inf) nearest.push_back(least);
  }
  if (nearest.empty()) return std::nullopt;
  const auto middle = nearest.begin() + static_cast<std::ptrdiff_t>(nearest.size() / 2);
  std::nth_element(nearest.begin(), middle, nearest.end());
  return *middle;
}

std::vector<FrameId> jumping_counts(const std::map<FrameId, double>& counts) {
  std::vector<FrameId> out;
  if (counts.size() < 3) return out;
  const auto far = [](double a, double b) { return a > counts_jump * b || b > counts_jump * a; };
  for (auto at = std::next(counts.begin()); std::next(at) != counts.end(); ++at) {
    const double before = std::prev(at)->second, here = at->second, behind = std::next(at)->second;
    // Neighbours that differ themselves say nothing: a lone bright one has two dim neighbours, not three.
    if (far(here, before) && far(here, behind) && !far(before, behind)) out.push_back(at->first);
  }
  return out;
}

}  // namespace ptero::scan
