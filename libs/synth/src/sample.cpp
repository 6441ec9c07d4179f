#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <ptero/core/error.hpp>
#include <ptero/core/series.hpp>
#include <ptero/synth/random.hpp>
#include <ptero/synth/sample.hpp>
#include <string>

#include "thickness_canvas.hpp"

namespace ptero::synth {

namespace {
constexpr std::uint64_t sample_stream = (1ULL << 63) + 1;
constexpr std::uint64_t satellite_stream = (1ULL << 63) + 2;
constexpr std::array kinds{SampleKind::empty, SampleKind::nanosheets, SampleKind::particles};

/// Radius of a disc that covers `share` of the field.
double radius_covering(double share, const SampleOptions& options) {
  return std::sqrt(share * options.field_width_m * options.field_height_m / std::numbers::pi);
}

void check(const SampleOptions& options) {
  if (options.shape.count() == 0 || !(options.pixel_m > 0) || !(options.energy_ev > 0) ||
      !(options.field_width_m > 0) || !(options.field_height_m > 0) || !(options.coverage >= 0) ||
      options.coverage >= 1)
    throw InputError("cannot make a sample",
                     "its shape, pixel size, field and photon energy must be positive, its coverage below 1");
}

constexpr double nanosheets_coverage = 0.25, particles_coverage = 0.36;

double body_radius(const SampleOptions& options) {
  const double usual = options.kind == SampleKind::particles ? particles_coverage : nanosheets_coverage;
  return radius_covering(options.coverage > 0 ? options.coverage : usual, options);
}

// A flower of thin plates: centres spread over a disc, orientations uniform on the sphere.
std::vector<Plate> plates_of(const SampleOptions& options) {
  constexpr int count = 80;
  Random random(options.seed, sample_stream);
  const double radius = body_radius(options);
  std::vector<Plate> plates;
  for (int i = 0; i < count; ++i) {
    Plate plate;
    plate.circumradius_m = radius * random.uniform(0.25, 0.5);
    plate.thickness_m = random.uniform(50e-9, 130e-9);
    // Nearly edge-on plates would become needles of unbounded thickness.
    plate.cos_tilt = random.uniform(0.12, 1);
    plate.azimuth_rad = random.uniform(0, 2 * std::numbers::pi);
    plate.turn_rad = random.uniform(0, 2 * std::numbers::pi);
    const double distance = (radius - 0.5 * plate.circumradius_m) * std::sqrt(random.uniform());
    const double direction = random.uniform(0, 2 * std::numbers::pi);
    plate.centre = {distance * std::cos(direction), distance * std::sin(direction)};
    plates.push_back(plate);
  }
  return plates;
}

Ellipsoid grain(Random& random, const Position& centre, double radius_m) {
  const double aspect = random.uniform(0.85, 1.15);
  return {centre, radius_m * aspect, radius_m / aspect, radius_m, random.uniform(0, std::numbers::pi)};
}
}  // namespace

std::vector<Satellite> satellites(const SampleOptions& options) {
  if (options.kind != SampleKind::particles) return {};
  check(options);
  constexpr std::array diameters{0.25e-6, 0.32e-6, 0.39e-6, 0.46e-6, 0.53e-6, 0.60e-6};
  Random random(options.seed, satellite_stream);
  const std::vector<Plate> body = plates_of(options);
  // Wide enough apart for a beam of 1 um to see one thing at a time; closer only where the field is too
  // small.
  double clearance = 1.2e-6;
  std::vector<Satellite> placed;
  while (placed.size() < diameters.size()) {
    const double diameter = diameters[placed.size()];
    const double room_x = options.field_width_m / 2 - std::min(clearance, 0.1 * options.field_width_m);
    const double room_y = options.field_height_m / 2 - std::min(clearance, 0.1 * options.field_height_m);
    const Position p{random.uniform(-room_x, room_x), random.uniform(-room_y, room_y)};
    bool free = std::all_of(body.begin(), body.end(), [&](const Plate& plate) {
      return std::hypot(p.x_m - plate.centre.x_m, p.y_m - plate.centre.y_m) >
             plate.circumradius_m + 0.8 * clearance;
    });
    for (const Satellite& other : placed)
      free = free && std::hypot(p.x_m - other.centre.x_m, p.y_m - other.centre.y_m) > clearance;
    if (free)
      placed.push_back({p, diameter});
    else
      clearance *= 0.9998;
  }
  return placed;
}

RefractiveIndex RefractiveIndex::at(double other_energy_ev) const {
  const double ratio = energy_ev / other_energy_ev;
  return {delta * std::pow(ratio, 2), beta * std::pow(ratio, 4), other_energy_ev};
}

SampleKind sample_from_name(std::string_view name) {
  for (const SampleKind kind : kinds)
    if (name == name_of(kind)) return kind;
  throw InputError("there is no sample '" + std::string(name) + "'", "",
                   "choose nanosheets, particles, two-slice or empty");
}

std::string_view name_of(SampleKind kind) {
  switch (kind) {
    case SampleKind::empty:
      return "empty";
    case SampleKind::nanosheets:
      return "nanosheets";
    case SampleKind::particles:
      break;
  }
  return "particles";
}

Image<float> make_thickness(const SampleOptions& options) {
  check(options);
  ThicknessCanvas canvas(options.shape, options.pixel_m);
  if (options.kind != SampleKind::empty)
    for (const Plate& plate : plates_of(options)) canvas.add(plate);
  Random shapes(options.seed, satellite_stream + 1);
  for (const Satellite& satellite : satellites(options))
    canvas.add(grain(shapes, satellite.centre, satellite.diameter_m / 2));
  return std::move(canvas).take();
}

Image<std::complex<float>> transmission(const Image<float>& thickness_m, const RefractiveIndex& material) {
  const double k = 2 * std::numbers::pi * material.energy_ev / hc_ev_m;
  Image<std::complex<float>> object(thickness_m.shape());
  for (std::size_t i = 0; i < object.size(); ++i) {
    const double t = thickness_m.data()[i];
    object.data()[i] =
        std::complex<float>(std::polar(std::exp(-k * material.beta * t), -k * material.delta * t));
  }
  return object;
}

Image<std::complex<float>> make_object(const SampleOptions& options) {
  return transmission(make_thickness(options), options.material.at(options.energy_ev));
}

}  // namespace ptero::synth
