#include <ptero/synth/two_slice.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <ptero/core/error.hpp>
#include <ptero/core/series.hpp>
#include <ptero/synth/named_sample.hpp>
#include <ptero/synth/random.hpp>

#include "experiment.hpp"
#include "thickness_canvas.hpp"

namespace ptero::synth {

namespace {
constexpr std::uint64_t upstream_stream = (1ULL << 63) + 11;
constexpr std::uint64_t downstream_stream = (1ULL << 63) + 12;
constexpr std::uint64_t fluorescence_stream = (1ULL << 63) + 13;

constexpr double energy_ev = 12000;
// At 12 keV, delta = r_e lambda^2 n f1 / (2 pi) and beta likewise, f1 and f2 read off [Hen93] roughly: gold,
// 5.9e28 atoms a m3, f1 = 62, f2 = 10; nickel oxide, 5.4e28 formula units a m3, f1 = 35, f2 = 2.2.
constexpr RefractiveIndex gold{1.75e-5, 2.8e-6, energy_ev};
constexpr RefractiveIndex oxide{9.0e-6, 5.7e-7, energy_ev};

struct Canvas {
  Shape shape;
  double pixel_m;
  double width() const { return static_cast<double>(shape.cols) * pixel_m; }
  double height() const { return static_cast<double>(shape.rows) * pixel_m; }
  Position anywhere(Random& random) const {
    const double x = random.uniform(-0.5, 0.5), y = random.uniform(-0.5, 0.5);
    return {x * width(), y * height()};
  }
  double x_of(std::size_t col) const {
    return (static_cast<double>(col) - static_cast<double>(shape.cols / 2)) * pixel_m;
  }
  double y_of(std::size_t row) const {
    return (static_cast<double>(row) - static_cast<double>(shape.rows / 2)) * pixel_m;
  }
  /// One for so many pixels.
  int count_for(double pixels_each) const {
    return static_cast<int>(static_cast<double>(shape.count()) / pixels_each);
  }
};

Ellipsoid lump(Random& random, const Position& centre, double radius_m, double thickness_m) {
  const double aspect = random.uniform(0.8, 1.25);
  return {centre, radius_m * aspect, radius_m / aspect, thickness_m / 2, random.uniform(0, std::numbers::pi)};
}

// Platelets lying flat.
Image<float> particles(const Canvas& canvas, std::uint64_t seed) {
  Random random(seed, upstream_stream);
  ThicknessCanvas out(canvas.shape, canvas.pixel_m);
  for (int left = canvas.count_for(900); left > 0; --left) {
    Plate plate;
    plate.centre = canvas.anywhere(random);
    plate.circumradius_m = random.uniform(4, 9) * canvas.pixel_m;
    plate.thickness_m = random.uniform(300e-9, 550e-9);
    plate.turn_rad = random.uniform(0, 2 * std::numbers::pi);
    out.add(plate);
  }
  return std::move(out).take();
}

double smooth_step(double inside_m, double pixel_m) {
  const double t = std::clamp(0.5 + inside_m / (2 * pixel_m), 0.0, 1.0);  // two pixels wide
  return t * t * (3 - 2 * t);
}

// A slab with an irregular outline, crystallites on it.
Image<float> big_grain(const Canvas& canvas, double field_m, std::uint64_t seed) {
  constexpr double slab_m = 450e-9;
  Random random(seed, downstream_stream);
  std::array<double, 5> strength, start;
  for (std::size_t k = 0; k < strength.size(); ++k) {
    strength[k] = random.uniform(0.01, 0.07);
    start[k] = random.uniform(0, 2 * std::numbers::pi);
  }
  ThicknessCanvas crystallites(canvas.shape, canvas.pixel_m);
  for (int left = canvas.count_for(170); left > 0; --left) {
    const Position centre = canvas.anywhere(random);
    const double radius = random.uniform(4, 12) * canvas.pixel_m;
    crystallites.add(lump(random, centre, radius, random.uniform(50e-9, 200e-9)));
  }
  Image<float> out = std::move(crystallites).take();
  for (std::size_t r = 0; r < out.rows(); ++r)
    for (std::size_t c = 0; c < out.cols(); ++c) {
      const double x = canvas.x_of(c), y = canvas.y_of(r), angle = std::atan2(y, x);
      double radius = 0.38;
      for (std::size_t k = 0; k < strength.size(); ++k)
        radius += strength[k] * std::cos(static_cast<double>(k + 2) * angle + start[k]);
      const double inside = smooth_step(radius * field_m - std::hypot(x, y), canvas.pixel_m);
      out(r, c) = static_cast<float>((out(r, c) + slab_m) * inside);
    }
  return out;
}

Image<float> grains(const Canvas& canvas, std::uint64_t seed) {
  Random random(seed, downstream_stream);
  ThicknessCanvas out(canvas.shape, canvas.pixel_m);
  for (int left = canvas.count_for(900); left > 0; --left) {
    const Position centre = canvas.anywhere(random);
    const double radius = random.uniform(6, 16) * canvas.pixel_m;
    out.add(lump(random, centre, radius, random.uniform(400e-9, 1000e-9)));
  }
  return std::move(out).take();
}

// Zones about a centre far away: equal areas, so lines get closer outwards; as thick as they are in X-ray
// optics, with edges smooth over two pixels.
Image<float> zones(const Canvas& canvas, double field_m, std::uint64_t seed) {
  Random random(seed, upstream_stream);
  const double direction = random.uniform(0.15, 0.45) * std::numbers::pi;
  const double radius_m = 4 * field_m, start = random.uniform(0, 1);
  const double period_m = 13 * canvas.pixel_m;  // in the middle of the field
  const double centre_x = -radius_m * std::cos(direction), centre_y = -radius_m * std::sin(direction);
  constexpr double thickness_m = 500e-9;
  const auto turns_at = [&](double distance_m) {
    return (distance_m * distance_m / radius_m - radius_m) / (2 * period_m) + start;
  };
  const double outermost = std::floor(turns_at(radius_m + 0.25 * field_m));  // ends with a whole line
  Image<float> out(canvas.shape);
  for (std::size_t r = 0; r < out.rows(); ++r)
    for (std::size_t c = 0; c < out.cols(); ++c) {
      const double distance = std::hypot(canvas.x_of(c) - centre_x, canvas.y_of(r) - centre_y);
      const double turns = turns_at(distance);
      if (turns >= outermost) continue;
      const double local_period = period_m * radius_m / distance;
      const double from_middle = std::abs(turns - std::floor(turns) - 0.5) * local_period;  // of a line
      out(r, c) =
          static_cast<float>(thickness_m * smooth_step(local_period / 4 - from_middle, canvas.pixel_m));
    }
  return out;
}

Image<float> blurred(const Image<float>& image, double sigma) {
  if (sigma <= 0) return image;
  const auto reach = static_cast<std::ptrdiff_t>(std::ceil(3 * sigma));
  std::vector<double> kernel;
  double sum = 0;
  for (std::ptrdiff_t k = -reach; k <= reach; ++k)
    sum += kernel.emplace_back(std::exp(-0.5 * static_cast<double>(k * k) / (sigma * sigma)));
  const auto pass = [&](const Image<float>& in, std::ptrdiff_t down, std::ptrdiff_t right) {
    const auto rows = static_cast<std::ptrdiff_t>(in.rows()), cols = static_cast<std::ptrdiff_t>(in.cols());
    Image<float> out(in.shape());
    for (std::ptrdiff_t r = 0; r < rows; ++r)
      for (std::ptrdiff_t c = 0; c < cols; ++c) {
        double value = 0;
        for (std::ptrdiff_t k = -reach; k <= reach; ++k)
          value += kernel[static_cast<std::size_t>(k + reach)] *
                   in(static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(r + k * down, 0, rows - 1)),
                      static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(c + k * right, 0, cols - 1)));
        out(static_cast<std::size_t>(r), static_cast<std::size_t>(c)) = static_cast<float>(value / sum);
      }
    return out;
  };
  return pass(pass(image, 1, 0), 0, 1);
}

Image<float> fluorescence(const Image<float>& thickness_m, const TwoSliceOptions& options) {
  Image<float> map = blurred(thickness_m, options.fluorescence_blur);
  const double most = *std::max_element(map.pixels().begin(), map.pixels().end());
  const double phase_of_metre = 2 * std::numbers::pi * energy_ev / hc_ev_m * oxide.delta;
  Random random(options.seed, fluorescence_stream);
  for (float& v : map.pixels()) {
    const double counts_of_metre = options.fluorescence_counts / most;
    v = static_cast<float>(-phase_of_metre * random.poisson(v * counts_of_metre) / counts_of_metre);
  }
  return map;
}

double pixel_of(TwoSliceKind kind) {
  return kind == TwoSliceKind::particles_over_grain ? 7.3e-9 : 8.7e-9;  // [Du21, section 2.3]
}

/// Metres of gold, and of oxide behind it.
std::array<Image<float>, 2> thicknesses(TwoSliceKind kind, const Canvas& canvas, double field_m,
                                        std::uint64_t seed) {
  if (kind == TwoSliceKind::particles_over_grain)
    return {particles(canvas, seed), big_grain(canvas, field_m, seed)};
  return {zones(canvas, field_m, seed), grains(canvas, seed)};
}

void check(const TwoSliceOptions& o) {
  if (o.field < 32 || o.field > 8192 || o.pattern < 16 || !(o.depths_of_field >= 0) || !(o.step_px > 0) ||
      !(o.fluorescence_blur >= 0) || !(o.fluorescence_counts > 0))
    throw InputError("cannot make two slices", "a size does not fit",
                     "give a field of 32 to 8192 pixels, a pattern of at least 16, and a positive step, "
                     "spacing and number of fluorescence counts");
}
}  // namespace

double usual_depths_of_field(TwoSliceKind kind) {
  return kind == TwoSliceKind::particles_over_grain ? 3.6 : 0.13;
}

double depth_of_field(double pixel_m, double wavelength_m) {
  return 5.4 * pixel_m * pixel_m / wavelength_m;
}

TwoSlices make_two_slices(const TwoSliceOptions& options) {
  check(options);
  TwoSlices out;
  out.energy_ev = energy_ev;
  out.pixel_m = pixel_of(options.kind);
  const double depths =
      options.depths_of_field > 0 ? options.depths_of_field : usual_depths_of_field(options.kind);
  out.spacing_m = depths * depth_of_field(out.pixel_m, hc_ev_m / energy_ev);
  const std::size_t side = options.field + options.pattern;
  const Canvas canvas{{side, side}, out.pixel_m};
  const double field_m = static_cast<double>(options.field) * out.pixel_m;
  const auto [gold_m, oxide_m] = thicknesses(options.kind, canvas, field_m, options.seed);
  out.upstream = transmission(gold_m, gold);
  out.downstream = transmission(oxide_m, oxide);
  out.downstream_fluorescence = fluorescence(oxide_m, options);
  return out;
}

void put_two_slices(TwoSliceKind kind, SimulatorOptions& experiment) {
  experiment.energy_ev = energy_ev;
  experiment.object.reset();
  experiment.behind.clear();
  experiment.spacing_m.clear();
  check(experiment);
  const double wavelength_m = hc_ev_m / energy_ev;
  const double pixel_m = wavelength_m * experiment.distance_m /
                         (static_cast<double>(experiment.pattern) * experiment.detector_pixel_m);
  const RasterPlan& grid = experiment.grid;
  const double height_m = static_cast<double>(grid.rows) * grid.step_y_m;
  const double width_m = static_cast<double>(grid.cols) * grid.step_x_m;
  const auto side = [&](double metres) {
    return static_cast<std::size_t>(std::lround(metres / pixel_m)) + experiment.pattern;
  };
  const Canvas canvas{{side(height_m), side(width_m)}, pixel_m};
  const auto [gold_m, oxide_m] = thicknesses(kind, canvas, std::min(height_m, width_m), experiment.seed);
  experiment.object = transmission(gold_m, gold);
  experiment.behind = {transmission(oxide_m, oxide)};
  experiment.spacing_m = {usual_depths_of_field(kind) * depth_of_field(pixel_m, wavelength_m)};
}

SimulatorOptions two_slice_experiment(const TwoSliceOptions& options, const TwoSlices& slices) {
  check(options);
  SimulatorOptions out;
  out.object = slices.upstream;
  out.behind = {slices.downstream};
  out.spacing_m = {slices.spacing_m};
  const auto side =
      static_cast<std::size_t>(std::lround(static_cast<double>(options.field) / options.step_px)) + 1;
  const double step_m = options.step_px * slices.pixel_m;
  out.grid = {side, side, step_m, step_m, ScanOrder::raster};
  out.position_jitter_m = 0.25 * step_m;
  out.pattern = options.pattern;
  out.energy_ev = slices.energy_ev;
  const double wavelength_m = hc_ev_m / slices.energy_ev;
  out.distance_m =
      slices.pixel_m * static_cast<double>(options.pattern) * out.detector_pixel_m / wavelength_m;
  // A spot of four pixels, defocused until the beam is some 25 wide: 2 NA defocus, NA = wavelength / (2 dr).
  const double zone_m = 4 * slices.pixel_m;
  out.zone_plate = {180e-6, zone_m, 60e-6, 25 * slices.pixel_m * zone_m / wavelength_m};
  out.dtype = Dtype::u32;
  out.photons = options.photons;
  out.seed = options.seed;
  return out;
}

}  // namespace ptero::synth
