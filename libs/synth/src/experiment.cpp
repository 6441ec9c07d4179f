#include "experiment.hpp"

#include <algorithm>
#include <cmath>
#include <ptero/core/error.hpp>

namespace ptero::synth {

namespace {
void require(bool good, const char* what, const char* right) {
  if (!good) throw InputError(std::string("simulator: ") + what, "", right);
}

double wavelength(const SimulatorOptions& options) {
  return hc_ev_m / options.energy_ev;
}

double object_pixel(const SimulatorOptions& options) {
  return wavelength(options) * options.distance_m /
         (static_cast<double>(options.pattern) * options.detector_pixel_m);
}

// The object array, with its pixel (rows/2, cols/2) at (0, 0), that holds every patch and `inner`.
ptycho::Extent extent_of(const Truth& truth, const SimulatorOptions& options, Shape inner) {
  ptycho::Extent all;
  for (const Position& p : truth.positions)
    for (const std::size_t k : {std::size_t{0}, options.sub_exposures - 1}) {
      const Position at{p.x_m + smear_offset_m(options, k), p.y_m};
      const ptycho::Placement place = ptycho::place(at, truth.pixel_m, options.pattern);
      all = ptycho::Extent::join(all, {place.row, place.col, Shape{options.pattern, options.pattern}});
    }
  const auto half = [](std::int64_t first, std::size_t length, std::size_t inner_length) {
    const auto last = first + static_cast<std::int64_t>(length);
    return std::max({-first, last, static_cast<std::int64_t>(inner_length / 2 + 1)});
  };
  const std::int64_t rows = half(all.row, all.shape.rows, inner.rows);
  const std::int64_t cols = half(all.col, all.shape.cols, inner.cols);
  return {-rows, -cols, Shape{static_cast<std::size_t>(2 * rows), static_cast<std::size_t>(2 * cols)}};
}

Image<ptycho::Complex> surrounded_by_vacuum(const Image<ptycho::Complex>& inner, Shape shape) {
  Image<ptycho::Complex> object(shape, 1.0F);
  const std::size_t row = shape.rows / 2 - inner.rows() / 2;
  const std::size_t col = shape.cols / 2 - inner.cols() / 2;
  for (std::size_t r = 0; r < inner.rows(); ++r)
    std::copy(inner.row(r).begin(), inner.row(r).end(), object.row(row + r).begin() + static_cast<long>(col));
  return object;
}

void add_slices(Truth& truth, const SimulatorOptions& options) {
  truth.slices = {truth.object};
  truth.slice_spacing_m = options.spacing_m;
  for (const auto& slice : options.behind) {
    truth.slices.push_back(surrounded_by_vacuum(slice, truth.extent.shape));
    for (std::size_t i = 0; i < truth.object.size(); ++i)
      truth.object.data()[i] *= truth.slices.back().data()[i];
  }
}
}  // namespace

void check(const SimulatorOptions& o) {
  require(o.pattern >= 8 && o.pattern % 2 == 0 && o.pattern <= 4096, "the pattern size does not fit",
          "it must be even, from 8 to 4096 pixels");
  require(o.energy_ev > 0 && o.distance_m > 0 && o.detector_pixel_m > 0,
          "a length or the energy is not positive", "give energy, distance and detector pixel");
  require(o.grid.count() > 0 && o.grid.step_x_m > 0 && o.grid.step_y_m > 0, "the scan is empty",
          "rows, columns and both steps must be positive");
  require(o.photons >= 0 && o.photons <= 1e8 && o.background >= 0 && o.background <= 1e6,
          "the dose cannot be simulated",
          "photons must lie between 0 and 1e8 a frame, background between 0 and 1e6 a pixel");
  require(o.position_jitter_m >= 0 && o.position_jitter_m < 1e-3, "the position jitter does not fit",
          "it must lie between 0 and 1 mm");
  require(o.sub_exposures >= 1 && o.smear_of_step >= 0, "the smear does not fit",
          "at least one sub-exposure over a positive share of a step");
  require(
      o.intensity_drift >= -1 && o.intensity_drift <= 5 && o.intensity_noise >= 0 && o.intensity_noise <= 1,
      "the beam's unsteadiness does not fit", "drift must lie between -1 and 5, noise between 0 and 1");
  const auto n = static_cast<double>(o.pattern);
  const double pixels = (static_cast<double>(o.grid.cols) * o.grid.step_x_m / object_pixel(o) + n) *
                        (static_cast<double>(o.grid.rows) * o.grid.step_y_m / object_pixel(o) + n);
  require(pixels < 4e8, "the object would have more than 4e8 pixels",
          "scan a smaller field or use larger pixels");
  if (o.object) require(!o.object->empty(), "the object has no pixels", "give an image or a sample's name");
  require(o.behind.size() == o.spacing_m.size(), "slices and spacings do not fit",
          "give the spacing in front of every slice behind the first");
  require(o.behind.empty() || o.object, "slices lie behind no object", "give the first slice as the object");
  for (std::size_t l = 0; l < o.behind.size(); ++l)
    require(o.behind[l].shape() == o.object->shape() && o.spacing_m[l] > 0, "a slice does not fit",
            "all slices need the shape of the first and a positive spacing");
}

double smear_offset_m(const SimulatorOptions& options, std::size_t k) {
  const double place = (static_cast<double>(k) + 0.5) / static_cast<double>(options.sub_exposures) - 0.5;
  return place * options.smear_of_step * options.grid.step_x_m;
}

SeriesInfo series_info(const SimulatorOptions& options) {
  SeriesInfo info;
  info.id = options.series_id;
  info.uid = options.uid;
  if (info.uid.empty())
    info.uid = "sim-" + std::string(options.object ? "object" : name_of(options.sample)) + "-" +
               std::to_string(options.seed);
  info.n_expected = options.grid.count();
  info.frame_shape = {options.pattern, options.pattern};
  info.dtype = options.dtype;
  info.wavelength_m = wavelength(options);
  info.distance_m = options.distance_m;
  info.detector_pixel_m = options.detector_pixel_m;
  info.centre_row = info.centre_col = static_cast<double>(options.pattern / 2);
  info.raster = options.grid;
  return info;
}

Truth make_truth(const SimulatorOptions& options) {
  Truth truth;
  truth.pixel_m = object_pixel(options);
  truth.positions = ScanPlan{options.grid, options.position_jitter_m, options.seed}.positions();
  truth.extent = extent_of(truth, options, options.object ? options.object->shape() : Shape{});
  if (options.object) {
    truth.object = surrounded_by_vacuum(*options.object, truth.extent.shape);
    if (!options.behind.empty()) add_slices(truth, options);
  } else {
    SampleOptions sample;
    sample.kind = options.sample;
    sample.shape = truth.extent.shape;
    sample.pixel_m = truth.pixel_m;
    sample.field_width_m = static_cast<double>(options.grid.cols) * options.grid.step_x_m;
    sample.field_height_m = static_cast<double>(options.grid.rows) * options.grid.step_y_m;
    sample.energy_ev = options.energy_ev;
    sample.coverage = options.sample_coverage;
    sample.seed = options.seed;
    truth.object = make_object(sample);
    truth.satellites = satellites(sample);
  }
  truth.probe =
      ptycho::zone_plate_probe(options.pattern, truth.pixel_m, wavelength(options), options.zone_plate);
  ptycho::scale_to_photons(truth.probe, options.photons);
  return truth;
}

}  // namespace ptero::synth
