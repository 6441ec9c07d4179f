#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <ptero/core/contract.hpp>

#include <ptero/core/file.hpp>
#include "export_frames.hpp"

namespace ptero::scanfile {

namespace {

void write_file(const std::filesystem::path& path, const std::function<void(hid_t)>& fill) {
  write_atomically(path, [&](const std::filesystem::path& temporary) {
    const h5::Id file = h5::create_file(temporary);
    fill(file);
  });
}

template <class T, class F>
void write_column(hid_t parent, const char* name, const std::vector<ExportFrame>& frames, F value) {
  std::vector<T> values;
  for (const ExportFrame& frame : frames) values.push_back(static_cast<T>(value(frame)));
  h5::write_array<T>(parent, name, values, {values.size()});
}

/// What our own reader, and a person, finds beside the frames.
void describe(hid_t file, const SeriesInfo& info) {
  const auto set = [&](const char* name, double value) {
    if (value > 0) h5::set_attribute(file, name, value);  // 0 would be taken for a measure
  };
  set("lambda", info.wavelength_m);
  set("detector_object_distance_m", info.distance_m);
  set("detector_pixel_width_m", info.detector_pixel_m);
}

/// ptypy's h5rw tells kinds of values by this attribute.
template <class Object>
void typed(const Object& object, const char* type) {
  h5::set_attribute(object, "type", type);
}

/// What ptypy's PtydScan asks of a file's meta before it looks at its chunks.
void write_ptyd_meta(hid_t file, const SeriesInfo& info, std::size_t frames) {
  const h5::Id meta = h5::create_group(file, "meta");
  typed(meta, "param");
  const double kev = info.wavelength_m > 0 ? hc_ev_m / info.wavelength_m * 1e-3 : 0;
  typed(h5::write_scalar<double>(meta, "version", 0.1), "scalar");
  typed(h5::write_scalar<std::int64_t>(meta, "num_frames", static_cast<std::int64_t>(frames)), "scalar");
  typed(h5::write_text(meta, "label", info.uid.empty() ? "scan" : info.uid), "string");
  typed(h5::write_scalar<double>(meta, "energy", kev), "scalar");
  typed(h5::write_scalar<double>(meta, "distance", info.distance_m), "scalar");
  const double psize[2] = {info.detector_pixel_m, info.detector_pixel_m};
  typed(h5::write_array<double>(meta, "psize", psize, {2}), "array");
  const std::int64_t shape[2] = {static_cast<std::int64_t>(info.frame_shape.rows),
                                 static_cast<std::int64_t>(info.frame_shape.cols)};
  typed(h5::write_array<std::int64_t>(meta, "shape", shape, {2}), "arraytuple");
  const double centre[2] = {info.centre_row.value_or(static_cast<double>(info.frame_shape.rows / 2)),
                            info.centre_col.value_or(static_cast<double>(info.frame_shape.cols / 2))};
  typed(h5::write_array<double>(meta, "center", centre, {2}), "array");
}

/// (frames, rows, columns) float32, compressed: nearly all of it is 1.
h5::Id create_weights(hid_t chunk, Shape shape, std::size_t frames) {
  const hsize_t dims[3] = {frames, shape.rows, shape.cols};
  const hsize_t one[3] = {1, shape.rows, shape.cols};
  const h5::Id creation(H5Pcreate(H5P_DATASET_CREATE));
  H5Pset_chunk(creation, 3, one);
  if (H5Zfilter_avail(H5Z_FILTER_DEFLATE) > 0) H5Pset_deflate(creation, 1);
  const h5::Id space(H5Screate_simple(3, dims, nullptr));
  return h5::Id(
      h5::check(H5Dcreate2(chunk, "weights", h5::type_of<float>(), space, H5P_DEFAULT, creation, H5P_DEFAULT),
                "cannot create the weights"));
}

void write_weight(const h5::Id& weights, std::size_t row, const std::vector<std::uint8_t>& good,
                  Shape shape) {
  const std::vector<float> values(good.begin(), good.end());
  const hsize_t start[3] = {row, 0, 0};
  const hsize_t count[3] = {1, shape.rows, shape.cols};
  const h5::Id in_file(H5Dget_space(weights));
  const h5::Id in_memory(H5Screate_simple(3, count, nullptr));
  H5Sselect_hyperslab(in_file, H5S_SELECT_SET, start, nullptr, count, nullptr);
  h5::check(H5Dwrite(weights, h5::type_of<float>(), in_memory, in_file, H5P_DEFAULT, values.data()),
            "cannot write the weights");
}

void write_ptyd_chunk(hid_t chunk, const SeriesReader& reader, const std::vector<ExportFrame>& frames) {
  const Shape shape = reader.info().frame_shape;
  std::vector<std::int64_t> indices;
  std::vector<double> positions;
  for (const ExportFrame& frame : frames) {
    indices.push_back(static_cast<std::int64_t>(frame.id));
    positions.insert(positions.end(), {frame.position.y_m, frame.position.x_m});
  }
  typed(h5::write_array<std::int64_t>(chunk, "indices", indices, {indices.size()}), "array");
  typed(h5::write_array<double>(chunk, "positions", positions, {frames.size(), 2}), "array");
  const h5::Id weights = create_weights(chunk, shape, frames.size());
  typed(weights, "array");
  typed(write_stack(
            chunk, "data", reader, frames, ExportType::as_recorded,
            [&](std::size_t row, const CleanFrame& frame) { write_weight(weights, row, frame.good, shape); }),
        "array");
}

/// Pixels from end to end of the positions along one axis.
struct Span {
  double least = std::numeric_limits<double>::infinity();
  double most = -std::numeric_limits<double>::infinity();
  void take(double value) {
    least = std::min(least, value);
    most = std::max(most, value);
  }
  double middle() const { return (least + most) / 2; }
  std::size_t pixels(double pixel_m) const {
    return static_cast<std::size_t>(std::ceil((most - least) / pixel_m));
  }
};

}  // namespace

void expect_metres(const SeriesInfo& info) {
  if (in_pixels(info))
    throw InputError("the positions are in pixels, and how large a pixel is is not known",
                     "the other program would take each for a metre",
                     "give --object-pixel, or --energy-ev, --distance and --pixel-size");
}

void write_ptyd(const std::filesystem::path& path, const SeriesReader& reader) {
  expect_metres(reader.info());
  // ptypy divides by each of them.
  if (!(reader.info().wavelength_m > 0 && reader.info().distance_m > 0 && reader.info().detector_pixel_m > 0))
    throw InputError("a .ptyd needs energy, distance and detector pixel", "not all are known",
                     "give --energy-ev, --distance and --pixel-size");
  const auto frames = exportable(reader);
  write_file(path, [&](hid_t file) {
    write_ptyd_meta(file, reader.info(), frames.size());
    typed(h5::create_group(file, "info"), "dict");
    const h5::Id chunks = h5::create_group(file, "chunks");
    typed(chunks, "dict");
    const h5::Id chunk = h5::create_group(chunks, "0");
    typed(chunk, "dict");
    write_ptyd_chunk(chunk, reader, frames);
  });
}

void write_fold_slice(const std::filesystem::path& patterns, const std::filesystem::path& parameters,
                      const SeriesReader& reader) {
  expect_metres(reader.info());
  const auto frames = exportable(reader);
  write_file(patterns, [&](hid_t file) {
    const h5::Id dp = write_stack(file, "dp", reader, frames, ExportType::by_columns);
    h5::set_attribute(dp, "MATLAB_class", "single");
    describe(file, reader.info());
  });
  write_file(parameters, [&](hid_t file) {
    write_column<double>(file, "ppX", frames, [](const ExportFrame& f) { return f.position.x_m; });
    write_column<double>(file, "ppY", frames, [](const ExportFrame& f) { return f.position.y_m; });
    describe(file, reader.info());
  });
}

void write_ptychi_patterns(const std::filesystem::path& path, const SeriesReader& reader) {
  const auto frames = exportable(reader);
  write_file(path, [&](hid_t file) {
    write_stack(file, "dp", reader, frames, ExportType::f32);
    describe(file, reader.info());
  });
}

void write_ptychodus_patterns(const std::filesystem::path& path, const SeriesReader& reader) {
  const SeriesInfo& info = reader.info();
  const auto frames = exportable(reader);
  write_file(path, [&](hid_t file) {
    std::vector<std::size_t> times_bad(info.frame_shape.count(), 0);
    const h5::Id patterns = write_stack(file, "patterns", reader, frames, ExportType::as_recorded,
                                        [&](std::size_t, const CleanFrame& frame) {
                                          for (std::size_t i = 0; i < times_bad.size(); ++i)
                                            times_bad[i] += frame.good[i] == 0 ? 1 : 0;
                                        });
    h5::set_attribute(patterns, "detector_pixel_width_m", info.detector_pixel_m);
    h5::set_attribute(patterns, "detector_pixel_height_m", info.detector_pixel_m);
    write_column<std::int64_t>(file, "indexes", frames, [](const ExportFrame& f) { return f.id; });
    // Masked, or flagged by the detector in every frame; what is flagged now and then is 0 there.
    std::vector<std::uint8_t> bad(times_bad.size());
    std::ranges::transform(times_bad, bad.begin(), [&](std::size_t n) { return n == frames.size(); });
    h5::write_booleans(file, "bad_pixels", bad, {info.frame_shape.rows, info.frame_shape.cols});
  });
}

product::Product starting_product(const SeriesReader& reader, std::vector<ComplexImage> probe) {
  PTERO_EXPECT(!probe.empty());
  const SeriesInfo& info = reader.info();
  expect_metres(info);
  const double pixel_m = info.object_pixel_for(probe.front().cols());
  if (!(pixel_m > 0))
    throw InputError("the size of an object pixel is not known", {},
                     "give --energy-ev, --distance and --pixel-size, or --object-pixel");
  product::Product product{.name = info.uid, .comments = "before a reconstruction"};
  product.detector_object_distance_m = info.distance_m;
  if (info.wavelength_m > 0) product.probe_energy_ev = hc_ev_m / info.wavelength_m;
  Span x, y;
  for (const ExportFrame& frame : exportable(reader)) {
    product.position_indexes.push_back(static_cast<std::int64_t>(frame.id));
    product.positions.push_back(frame.position);
    x.take(frame.position.x_m);
    y.take(frame.position.y_m);
  }
  product.object_centre = {x.middle(), y.middle()};
  // A few pixels more than the probe reaches, for positions that are refined.
  constexpr std::size_t margin = 16;
  const Shape shape{y.pixels(pixel_m) + probe.front().rows() + margin,
                    x.pixels(pixel_m) + probe.front().cols() + margin};
  product.object = {ComplexImage(shape, 1)};
  product.object_pixel_width_m = product.object_pixel_height_m = pixel_m;
  product.probe_pixel_width_m = product.probe_pixel_height_m = pixel_m;
  product.probe = std::move(probe);
  return product;
}

}  // namespace ptero::scanfile
