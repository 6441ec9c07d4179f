#include "raw_layout.hpp"

#include <algorithm>
#include <limits>

#include <ptero/h5/write.hpp>
#include "iso_time.hpp"

namespace ptero::scanfile::raw {

namespace {

constexpr double joule_per_ev = 1.602176634e-19;

/// Physical quantities are required fields of NXcxi_ptycho: what is not known is NaN there, never a made-up
/// number.
constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

double known_or_nan(double value) {
  return value > 0 ? value : unknown;
}

h5::Id write_quantity(hid_t parent, const char* name, double value, const char* units) {
  h5::Id dataset = h5::write_scalar<double>(parent, name, value);
  h5::set_attribute(dataset, "units", units);
  return dataset;
}

void write_beam(hid_t instrument, const RawWriterOptions& options) {
  const double wavelength_m = options.series.wavelength_m;
  const double energy_j = wavelength_m > 0 ? hc_ev_m / wavelength_m * joule_per_ev : unknown;
  const h5::Id source = h5::create_group(instrument, "source_1", "NXsource");
  h5::write_text(source, "name", options.source_name);
  h5::write_text(source, "probe", "x-ray");
  h5::write_text(source, "type", "Synchrotron X-ray Source");
  const h5::Id energy = write_quantity(source, "energy", energy_j, "J");
  h5::set_attribute(energy, "note", "photon energy, as CXI readers expect; not the energy of the machine");
  write_quantity(source, "wavelength", known_or_nan(wavelength_m), "m");
  const h5::Id beam = h5::create_group(instrument, "beam_1", "NXbeam");
  write_quantity(beam, "energy", energy_j, "J");
  write_quantity(beam, "incident_beam_energy", energy_j, "J");
  write_quantity(beam, "incident_energy_spread", unknown, "J");
}

void write_detector(hid_t instrument, const SeriesInfo& series) {
  const h5::Id detector = h5::create_group(instrument, "detector_1", "NXdetector");
  h5::set_attribute(detector, "axes", "[, data]");
  h5::set_attribute(detector, "signal", "data");
  write_quantity(detector, "x_pixel_size", known_or_nan(series.detector_pixel_m), "m");
  write_quantity(detector, "y_pixel_size", known_or_nan(series.detector_pixel_m), "m");
  write_quantity(detector, "distance", known_or_nan(series.distance_m), "m");
  if (series.centre_col) write_quantity(detector, "beam_center_x", *series.centre_col, "pixel");
  if (series.centre_row) write_quantity(detector, "beam_center_y", *series.centre_row, "pixel");
  if (!series.mask.empty()) {
    const std::vector<std::uint32_t> mask(series.mask.begin(), series.mask.end());
    h5::write_array<std::uint32_t>(detector, "mask", mask,
                                   {series.frame_shape.rows, series.frame_shape.cols});
  }
  const h5::Id transformations = h5::create_group(detector, "transformations", "NXtransformations");
  const double along_beam[3] = {0, 0, 1};
  h5::write_array<double>(transformations, "vector", along_beam, {3});
  h5::soft_link(detector, "data_1", data);
}

void write_sample(hid_t entry) {
  const h5::Id sample = h5::create_group(entry, "sample_1", "NXsample");
  const h5::Id motors = h5::create_group(sample, "transformations", "NXtransformations");
  const double vectors[6] = {1, 0, 0, 0, 1, 0};
  h5::set_attribute(motors, "vector", vectors, {2, 3});
  const h5::Id geometry = h5::create_group(sample, "geometry_1", "NXcollection");
  h5::soft_link(geometry, "translation", translation);
}

/// The group a NeXus viewer plots, and the one a CXI reader looks for.
void write_plots(hid_t entry) {
  const h5::Id plot = h5::create_group(entry, "data", "NXdata");
  h5::set_attribute(plot, "signal", "data");
  h5::set_attribute(plot, "axes", std::vector<std::string>{"x", ".", "."});
  for (const char* axis : {"x", "y"}) {
    h5::write_text(plot, std::string(axis) + "_indices", "0");
    h5::set_attribute(plot, (std::string(axis) + "_indices").c_str(), std::int64_t{0});
  }
  h5::soft_link(plot, "data", data);
  h5::soft_link(plot, "x", motor_x);
  h5::soft_link(plot, "y", motor_y);
  const h5::Id cxi = h5::create_group(entry, "data_1", "NXcollection");
  h5::soft_link(cxi, "data", data);
  h5::soft_link(cxi, "translation", translation);
}

/// What whoever looks at the frames does to them first; the frames are as received.
void write_view(hid_t ptero, const FrameView& view) {
  const std::pair<const char*, std::size_t> numbers[] = {
      {"view_transpose", view.transpose}, {"view_flip_rows", view.flip_rows},
      {"view_flip_cols", view.flip_cols}, {"view_row0", view.row0},
      {"view_col0", view.col0},           {"view_crop_rows", view.crop.rows},
      {"view_crop_cols", view.crop.cols}, {"view_bin", view.bin}};
  for (const auto& [name, value] : numbers) h5::set_attribute(ptero, name, static_cast<std::int64_t>(value));
}

/// The names come from the detector, and HDF5's end at a zero and are not endless: what is no name of a
/// dataset is made one.
std::string dataset_name(std::string name) {
  constexpr std::size_t longest = 255;
  name.resize(std::min({name.size(), name.find('\0'), longest}));
  std::ranges::replace(name, '/', '_');
  return name.empty() || name == "." || name == ".." ? "unnamed" : name;
}

void write_detector_notes(hid_t ptero, const DetectorNotes& notes) {
  h5::write_text(ptero, "detector_header", notes.json);
  if (notes.tables.empty()) return;
  const h5::Id group = h5::create_group(ptero, "detector_tables", "NXcollection");
  for (const DetectorTable& table : notes.tables) {
    const std::string name = dataset_name(table.name);
    if (h5::exists(group, name) || table.values.size() != table.shape.count() * size_of(table.dtype))
      continue;
    with_recorded_dtype(table.dtype, [&]<class T>(T) {
      const std::span<const T> values(reinterpret_cast<const T*>(table.values.data()), table.shape.count());
      h5::write_array<T>(group, name, values, {table.shape.rows, table.shape.cols});
    });
  }
}

void write_series(hid_t entry, const RawWriterOptions& options) {
  const SeriesInfo& series = options.series;
  const h5::Id ptero = h5::create_group(entry, "ptero_1", "NXcollection");
  h5::set_attribute(ptero, version_attribute, version);
  h5::set_attribute(ptero, "series_id", static_cast<std::int64_t>(series.id));
  h5::set_attribute(ptero, "series_uid", series.uid);
  h5::set_attribute(ptero, "codec", name_of(options.codec));
  if (series.n_expected)
    h5::set_attribute(ptero, "n_expected", static_cast<std::int64_t>(*series.n_expected));
  if (series.object_pixel_m > 0) h5::set_attribute(ptero, "object_pixel_m", series.object_pixel_m);
  if (!series.view.is_identity()) write_view(ptero, series.view);
  if (series.raster) {
    h5::set_attribute(ptero, "raster_rows", static_cast<std::int64_t>(series.raster->rows));
    h5::set_attribute(ptero, "raster_cols", static_cast<std::int64_t>(series.raster->cols));
    h5::set_attribute(ptero, "raster_step_x_m", series.raster->step_x_m);
    h5::set_attribute(ptero, "raster_step_y_m", series.raster->step_y_m);
    h5::set_attribute(ptero, "raster_order", series.raster->order == ScanOrder::snake ? "snake" : "raster");
  }
  h5::write_text(ptero, "configuration", options.configuration);
  write_detector_notes(ptero, series.detector);
}

}  // namespace

h5::Id create(const std::filesystem::path& path, const RawWriterOptions& options) {
  h5::Id file = h5::create_file(path);
  const std::string started = iso_time(options.start_time_unix_ns);
  h5::set_attribute(file, "NX_class", "NXroot");
  h5::set_attribute(file, "default", "entry_1");
  h5::set_attribute(file, "file_name", path.filename().string());
  h5::set_attribute(file, "file_time", started);
  h5::set_attribute(file, "HDF5_Version",
                    std::to_string(H5_VERS_MAJOR) + "." + std::to_string(H5_VERS_MINOR) + "." +
                        std::to_string(H5_VERS_RELEASE));
  h5::write_scalar<std::int64_t>(file, "cxi_version", 160);
  h5::write_scalar<std::int64_t>(file, "number_of_entries", 1);

  const h5::Id entry = h5::create_group(file, "entry_1", "NXentry");
  h5::set_attribute(entry, "default", "data");
  h5::write_text(entry, "definition", "NXcxi_ptycho");
  h5::write_text(entry, "title", options.title);
  h5::write_text(entry, "start_time", started);
  const h5::Id instrument = h5::create_group(entry, "instrument_1", "NXinstrument");
  h5::create_group(instrument, "monitor_1", "NXmonitor");
  write_beam(instrument, options);
  write_detector(instrument, options.series);
  write_sample(entry);
  write_plots(entry);
  write_series(entry, options);
  return file;
}

}  // namespace ptero::scanfile::raw
