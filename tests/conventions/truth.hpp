#pragma once
// The scan as it was, and what one case is to become.

#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <ptero/core/image.hpp>
#include <set>
#include <vector>

namespace ptero::conventions {

/// physical_scan.py wrote it.
struct Truth {
  Shape shape;  ///< of a frame
  std::uint64_t count = 0;
  std::vector<double> frames, x, y;  ///< x and y in metres, before a stage's origin
  Image<double> probe_real, probe_imag;
  std::vector<int> bad;
  double wavelength_m = 0, distance_m = 0, pixel_m = 0;
  Image<double> phase;                    ///< of the object, rad
  double object_pixel_m = 0;              ///< of `phase` and probe
  double origin_row = 0, origin_col = 0;  ///< pixel of `phase` where x = y = 0

  explicit Truth(const nlohmann::json& j)
      : shape{j["rows"], j["cols"]},
        count(j["count"]),
        frames(j["frames"].get<std::vector<double>>()),
        x(j["x"].get<std::vector<double>>()),
        y(j["y"].get<std::vector<double>>()),
        probe_real(image_of(j["probe_real"], j["probe_side"])),
        probe_imag(image_of(j["probe_imag"], j["probe_side"])),
        bad(j["bad"].get<std::vector<int>>()),
        wavelength_m(j["wavelength_m"]),
        distance_m(j["distance_m"]),
        pixel_m(j["pixel_m"]),
        phase(image_of(j["phase"], j["phase_rows"])),
        object_pixel_m(j["object_pixel_m"]),
        origin_row(j["origin"][0]),
        origin_col(j["origin"][1]) {}

 private:
  static Image<double> image_of(const nlohmann::json& values, std::size_t rows) {
    auto pixels = values.get<std::vector<double>>();
    const Shape shape{rows, pixels.size() / rows};
    return {shape, std::move(pixels)};
  }
};

/// What must come out of a case.
struct Expected {
  bool energy = true, positions = true, probe = false, bad_pixels = false;
  bool first_probe = false;                   ///< the reconstruction begins with the scan's own
  std::set<std::uint64_t> missing, unplaced;  ///< frames without pixels, without a place
  double shift_x_m = 0, shift_y_m = 0;        ///< origin of the stage

  explicit Expected(const nlohmann::json& j)
      : energy(j["energy"]),
        positions(j.value("positions", true)),
        probe(j["probe"]),
        bad_pixels(j["bad"]),
        first_probe(j["first_probe"]),
        missing(j["missing"].get<std::set<std::uint64_t>>()),
        unplaced(j.value("unplaced", std::set<std::uint64_t>{})),
        shift_x_m(j["shift"][0]),
        shift_y_m(j["shift"][1]) {}

  bool in_image(std::uint64_t frame) const { return !missing.contains(frame) && !unplaced.contains(frame); }
};

}  // namespace ptero::conventions
