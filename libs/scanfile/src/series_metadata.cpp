#include "series_metadata.hpp"

#include <cmath>

#include "frame_parts.hpp"
#include "quantities.hpp"
#include "raw_layout.hpp"

namespace ptero::scanfile {

namespace {

constexpr std::array distances = {"/entry_1/instrument_1/detector_1/distance",
                                  "/entry/instrument/detector/distance",
                                  "/entry/instrument/detector/detector_distance", "/meta/distance"};
constexpr std::array x_pixels = {"/entry_1/instrument_1/detector_1/x_pixel_size",
                                 "/entry/instrument/detector/x_pixel_size", "/meta/psize"};
constexpr std::array y_pixels = {"/entry_1/instrument_1/detector_1/y_pixel_size",
                                 "/entry/instrument/detector/y_pixel_size"};
constexpr std::array beam_x = {"/entry_1/instrument_1/detector_1/beam_center_x",
                               "/entry/instrument/detector/beam_center_x"};
constexpr std::array beam_y = {"/entry_1/instrument_1/detector_1/beam_center_y",
                               "/entry/instrument/detector/beam_center_y"};
constexpr const char* illumination = "/entry_1/instrument_1/source_1/illumination";

double positive_or_zero(std::optional<double> value) {
  return value && *value > 0 ? *value : 0;
}

double positive(double value, const char* option) {
  if (!(value > 0) || !std::isfinite(value))
    throw InputError(std::string(option) + " is " + std::to_string(value), {}, "a positive number is needed");
  return value;
}

/// What the file, or the one beside it, says by attributes: ptychodus, pty-chi, our fold_slice export. SI
/// units, eV; 0: not said.
struct Attributes {
  double energy_ev = 0;
  double wavelength_m = 0;
  double distance_m = 0;
  double detector_pixel_m = 0;
  double object_pixel_m = 0;

  explicit Attributes(const h5::Source& source) {
    take(source);
    if (const auto companion = h5::companion_of(source)) take(*companion);
  }

 private:
  void take(const h5::Source& source) {
    const auto keep = [](double& value, hid_t object, const char* name) {
      if (value == 0) value = positive_or_zero(h5::number_attribute(object, name));
    };
    keep(energy_ev, source.file, "probe_energy_eV");
    keep(wavelength_m, source.file, "lambda");
    keep(distance_m, source.file, "detector_object_distance_m");
    keep(detector_pixel_m, source.file, "detector_pixel_width_m");
    if (const auto patterns = source.find("/patterns"))
      keep(detector_pixel_m, patterns->id, "detector_pixel_width_m");
    if (const auto object = source.find("/object")) keep(object_pixel_m, object->id, "pixel_width_m");
  }
};

/// cdtools: the vectors from pixel to pixel, one a row or one a column; the second runs along x.
double pixel_of_basis(const h5::Source& source) {
  const auto basis = source.find("/entry_1/instrument_1/detector_1/basis_vectors");
  if (!basis || !basis->numeric() || basis->rank() != 2 || h5::count_of(basis->dims) != 6) return 0;
  const std::vector<double> v = h5::read<double>(*basis);
  const std::size_t stride = basis->dims[0] == 2 ? 1 : 2;
  const double* second = v.data() + (stride == 1 ? 3 : 1);
  return std::hypot(second[0], second[stride], second[2 * stride]);
}

/// CXI: where the corner of the detector is; z points along the beam.
double distance_of_corner(const h5::Source& source) {
  const auto corner = source.find("/entry_1/instrument_1/detector_1/corner_position");
  if (!corner || !corner->numeric() || h5::count_of(corner->dims) != 3) return 0;
  return std::abs(h5::read<double>(*corner)[2]);
}

double wavelength(const h5::Source& source, const ReadOptions& options, const Attributes& attributes,
                  Warnings& warnings) {
  const Radiation radiation =
      options.electrons || says_electrons(source) ? Radiation::electrons : Radiation::photons;
  if (options.wavelength_m) return positive(*options.wavelength_m, "--wavelength");
  if (options.energy_ev) return wavelength_of(positive(*options.energy_ev, "--energy-ev"), radiation);
  if (const auto recorded = read_wavelength_m(source, radiation, warnings)) return *recorded;
  if (attributes.wavelength_m > 0) return attributes.wavelength_m;
  if (attributes.energy_ev > 0) return wavelength_of(attributes.energy_ev, radiation);
  const auto kev = is_ptyd(source) ? source.find("/meta/energy") : std::nullopt;
  const double ptyd_ev = kev && kev->numeric() ? 1e3 * h5::read<double>(*kev).at(0) : 0;
  return ptyd_ev > 0 ? wavelength_of(ptyd_ev, radiation) : 0;
}

double distance(const h5::Source& source, const ReadOptions& options, const Attributes& attributes,
                Warnings& warnings) {
  if (options.distance_m) return positive(*options.distance_m, "--distance");
  double recorded = read_length_m(source, distances, "--distance in metres").value_or(0);
  if (recorded == 0) recorded = distance_of_corner(source);
  if (recorded == 0) recorded = attributes.distance_m;
  if (recorded > 100)
    warnings.push_back({"distance", "the detector distance in " + source.name + " is " +
                                        std::to_string(recorded) +
                                        " m, which looks like another unit; give --distance in metres"});
  return recorded;
}

/// ptypy: one number, or two (rows, columns).
void check_ptyd_pixels(const h5::Source& source, Warnings& warnings) {
  const auto psize = source.find("/meta/psize");
  if (!psize || !psize->numeric() || h5::count_of(psize->dims) != 2) return;
  const std::vector<double> p = h5::read<double>(*psize);
  if (std::abs(p[0] - p[1]) > 0.01 * std::abs(p[0]))
    warnings.push_back({"pixels_not_square", "the detector pixels in " + source.name + " are not square (" +
                                                 std::to_string(p[0] * 1e6) + " um x " +
                                                 std::to_string(p[1] * 1e6) +
                                                 " um); the first is used for both"});
}

double pixel(const h5::Source& source, const ReadOptions& options, const Attributes& attributes,
             Warnings& warnings) {
  if (options.detector_pixel_m) return positive(*options.detector_pixel_m, "--pixel-size");
  const double x = read_length_m(source, x_pixels, "--pixel-size in metres").value_or(0);
  const double y = read_length_m(source, y_pixels, "--pixel-size in metres").value_or(0);
  constexpr double largest_m = 0.01;
  if (std::max(x, y) > largest_m)
    throw InputError(
        "the detector pixels in " + source.name + " are " + std::to_string(std::max(x, y)) + " m wide",
        "that cannot be metres", "give --pixel-size in metres");
  if (x > 0 && y > 0 && std::abs(x - y) > 0.01 * x)
    warnings.push_back({"pixels_not_square", "the detector pixels in " + source.name +
                                                 " are not square; their width is used for both"});
  if (is_ptyd(source)) check_ptyd_pixels(source, warnings);
  if (x > 0 || y > 0) return x > 0 ? x : y;
  if (const double basis = pixel_of_basis(source); basis > 0) return basis;
  return attributes.detector_pixel_m;
}

std::optional<double> beam_centre(const h5::Source& source, std::span<const char* const> paths,
                                  std::size_t size) {
  const auto dataset = source.find_first(paths);
  if (!dataset || !dataset->numeric() || h5::count_of(dataset->dims) == 0) return std::nullopt;
  // Only pixels: some writers store metres.
  const std::string unit = h5::text_attribute(dataset->id, "units").value_or("pixel");
  const double value = h5::read<double>(*dataset).front();
  if (unit.rfind("pix", 0) != 0 || !(value > 0) || value >= static_cast<double>(size)) return std::nullopt;
  return value;
}

/// ptypy weights each pixel of each frame; what counts for nothing in the first is masked.
std::vector<std::uint8_t> ptyd_mask(const h5::Source& source, Shape shape) {
  const auto weights = is_ptyd(source) ? source.find(ptyd_chunks(source).front() + "/weights") : std::nullopt;
  if (!weights || h5::count_of(weights->dims) == 0 || weights->rank() < 2 ||
      weights->dims[weights->rank() - 2] != shape.rows || weights->dims.back() != shape.cols)
    return {};
  std::vector<float> values(shape.count());
  const h5::Id in_file(H5Dget_space(weights->id));
  const std::vector<hsize_t> start(weights->rank(), 0);
  std::vector<hsize_t> count(weights->rank(), 1);
  count[count.size() - 2] = shape.rows;
  count.back() = shape.cols;
  H5Sselect_hyperslab(in_file, H5S_SELECT_SET, start.data(), nullptr, count.data(), nullptr);
  const h5::Id in_memory(H5Screate_simple(static_cast<int>(count.size()), count.data(), nullptr));
  if (!weights->numeric() ||
      H5Dread(weights->id, h5::type_of<float>(), in_memory, in_file, H5P_DEFAULT, values.data()) < 0)
    return {};
  std::vector<std::uint8_t> bad(shape.count());
  for (std::size_t i = 0; i < bad.size(); ++i) bad[i] = values[i] > 0 ? 0 : 1;
  return bad;
}

/// A pair of numbers in pixels, as ptypy keeps the centre; anything else (a word) says nothing here.
std::optional<std::array<double, 2>> ptyd_centre(const h5::Source& source, Shape shape) {
  const auto centre = is_ptyd(source) ? source.find("/meta/center") : std::nullopt;
  if (!centre || !centre->numeric() || h5::count_of(centre->dims) != 2) return std::nullopt;
  const std::vector<double> at = h5::read<double>(*centre);
  if (!(at[0] > 0 && at[1] > 0 && at[0] < double(shape.rows) && at[1] < double(shape.cols)))
    return std::nullopt;
  return std::array{at[0], at[1]};
}

std::string probe_of(const h5::Source& source, const ReadOptions& options) {
  if (!options.probe.empty()) return options.probe;
  if (source.find(illumination)) return illumination;
  const auto is_probe = [](const h5::Source& where) {
    const auto probe = where.find("/probe");
    return probe && probe->complex();
  };
  if (const auto companion = h5::companion_of(source); companion && is_probe(*companion))
    return companion->name + ":/probe";
  return is_probe(source) && source.find("/dp") ? "/probe" : "";
}

/// What ptero's own raw file knows beyond CXI.
void read_raw(const h5::Source& source, SeriesInfo& info) {
  const h5::Id group(H5Gopen2(source.file, raw::group, H5P_DEFAULT));
  const auto number = [&](const char* name) { return h5::number_attribute(group, name); };
  info.id = static_cast<std::uint64_t>(number("series_id").value_or(0));
  info.uid = h5::text_attribute(group, "series_uid").value_or("");
  info.object_pixel_m = number("object_pixel_m").value_or(0);
  const auto whole = [&](const char* name) { return static_cast<std::size_t>(number(name).value_or(0)); };
  if (number("view_bin"))
    info.view = {.transpose = whole("view_transpose") != 0,
                 .flip_rows = whole("view_flip_rows") != 0,
                 .flip_cols = whole("view_flip_cols") != 0,
                 .row0 = whole("view_row0"),
                 .col0 = whole("view_col0"),
                 .crop = {whole("view_crop_rows"), whole("view_crop_cols")},
                 .bin = whole("view_bin")};
  const auto rows = number("raster_rows");
  const auto cols = number("raster_cols");
  if (!rows || !cols) return;
  info.raster = RasterPlan{
      .rows = static_cast<std::size_t>(*rows),
      .cols = static_cast<std::size_t>(*cols),
      .step_x_m = number("raster_step_x_m").value_or(0),
      .step_y_m = number("raster_step_y_m").value_or(0),
      .order = h5::text_attribute(group, "raster_order") == "snake" ? ScanOrder::snake : ScanOrder::raster};
}

}  // namespace

Metadata read_metadata(const h5::Source& source, const ReadOptions& options, Shape recorded,
                       std::uint64_t frames) {
  Metadata metadata;
  SeriesInfo& info = metadata.info;
  info.uid = std::filesystem::path(source.name).stem().string();
  if (h5::exists(source.file, raw::group)) read_raw(source, info);
  const Attributes attributes(source);
  info.wavelength_m = wavelength(source, options, attributes, metadata.warnings);
  info.distance_m = distance(source, options, attributes, metadata.warnings);
  info.detector_pixel_m = pixel(source, options, attributes, metadata.warnings);
  if (info.object_pixel_for(recorded.cols) == 0) info.object_pixel_m = attributes.object_pixel_m;
  if (options.object_pixel_m) info.object_pixel_m = positive(*options.object_pixel_m, "the object pixel");
  metadata.mask = read_file_mask(source, options, recorded, frames, metadata.warnings);
  const auto row = beam_centre(source, beam_y, recorded.rows);
  const auto col = beam_centre(source, beam_x, recorded.cols);
  if (row && col) metadata.centre = {{*row, *col}};
  if (!metadata.centre) metadata.centre = ptyd_centre(source, recorded);
  if (metadata.mask.name.empty())
    if (auto weights = ptyd_mask(source, recorded); !weights.empty())
      metadata.mask = {.name = "/chunks/0/weights of " + source.name, .bad = std::move(weights)};
  metadata.monitor = !options.monitor.empty()    ? options.monitor
                     : source.find(raw::monitor) ? raw::monitor
                                                 : "";
  metadata.probe = probe_of(source, options);
  return metadata;
}

}  // namespace ptero::scanfile
