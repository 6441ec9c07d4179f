#include <cmath>
#include <complex>
#include <iostream>
#include <nlohmann/json.hpp>

#include <ptero/core/error.hpp>
#include <ptero/image/tiff.hpp>
#include <ptero/ptycho/probe_models.hpp>
#include <ptero/scanfile/exports.hpp>
#include <ptero/scanfile/inspect.hpp>

#include "ptero/commands.hpp"

namespace ptero::tools {

namespace {

namespace fs = std::filesystem;
using scanfile::ComplexImage;

struct Exporter {
  const ExportArguments& arguments;
  std::vector<fs::path> written;
  std::vector<std::string> warnings;

  /// Where to write; refuses to replace a file unasked.
  fs::path target(const fs::path& path) {
    if (!arguments.overwrite && fs::exists(path))
      throw InputError(path.string() + " exists", {}, "choose another --out, or say --overwrite");
    if (path.has_parent_path()) fs::create_directories(path.parent_path());
    written.push_back(path);
    return path;
  }
  std::string stem() const { return fs::path(arguments.file).stem().string(); }
  /// What both files of a pair begin with: --out NAME gives NAME_, a folder FOLDER/STEM_.
  std::string pair_name() const {
    fs::path name = out(stem());
    if (fs::is_directory(name) || !name.has_filename()) name /= stem();
    const std::string text = name.string();
    return text.ends_with('_') || text.ends_with('-') ? text : text + "_";
  }
  fs::path out(const std::string& by_default) const {
    return arguments.out.empty() ? fs::path(by_default) : fs::path(arguments.out);
  }
};

/// Of the frames that are exported, as counts in a float image.
Image<float> mean_pattern(const scanfile::SeriesReader& reader) {
  const Shape shape = reader.info().frame_shape;
  std::vector<double> sum(shape.count(), 0);
  std::size_t frames = 0;
  for (const auto& at : scanfile::exportable(reader)) {
    const Frame frame = reader.frame(at.id);
    ++frames;
    with_dtype(frame.dtype, [&]<class T>(T) {
      const T* pixels = reinterpret_cast<const T*>(frame.payload.data());
      for (std::size_t i = 0; i < sum.size(); ++i) {
        const bool masked = !reader.info().mask.empty() && reader.info().mask[i] != 0;
        if (!masked && static_cast<double>(pixels[i]) < flag_value(frame.dtype))
          sum[i] += static_cast<double>(pixels[i]);
      }
    });
  }
  Image<float> mean(shape);
  for (std::size_t i = 0; i < sum.size(); ++i)
    mean.pixels()[i] = static_cast<float>(sum[i] / static_cast<double>(frames));
  return mean;
}

/// The wave whose pattern is the mean pattern, with a flat phase there: a start where nothing is known.
ComplexImage probe_guess(const scanfile::SeriesReader& reader) {
  const Shape shape = reader.info().frame_shape;
  if (shape.rows != shape.cols || shape.rows % 2 != 0)
    throw InputError("no probe can be guessed from frames of " + std::to_string(shape.rows) + " x " +
                         std::to_string(shape.cols),
                     "they are not square with an even side", "give --crop N, --probe or --product");
  const Image<float> mean = mean_pattern(reader);
  Image<float> from_corner(shape);
  const std::size_t half = shape.rows / 2;
  for (std::size_t r = 0; r < shape.rows; ++r)
    for (std::size_t c = 0; c < shape.cols; ++c)
      from_corner((r + half) % shape.rows, (c + half) % shape.cols) = mean(r, c);
  return ptycho::probe_from_mean_pattern(from_corner, 0);
}

product::Product product_for(const ExportArguments& arguments, const scanfile::SeriesReader& reader) {
  std::optional<product::Product> given;
  if (!arguments.product.empty()) given = product::read_product(arguments.product);
  std::vector<ComplexImage> probe = given ? std::move(given->probe) : reader.probe();
  if (probe.empty()) probe.push_back(probe_guess(reader));
  if (probe.front().shape() != reader.info().frame_shape)
    throw InputError("the probe has " + std::to_string(probe.front().rows()) + " x " +
                         std::to_string(probe.front().cols()) + " pixels, the frames " +
                         std::to_string(reader.info().frame_shape.rows) + " x " +
                         std::to_string(reader.info().frame_shape.cols),
                     {}, "crop the frames to the probe with --crop");
  product::Product product = scanfile::starting_product(reader, std::move(probe));
  if (given) {
    product.opr_count = given->opr_count;
    product.opr_weights = std::move(given->opr_weights);
    product.object = std::move(given->object);
    product.layer_spacing_m = std::move(given->layer_spacing_m);
    product.object_centre = given->object_centre;
    product.object_pixel_width_m = given->object_pixel_width_m;
    product.object_pixel_height_m = given->object_pixel_height_m;
  }
  return product;
}

Image<float> part_of(const ComplexImage& image, float (*part)(std::complex<float>)) {
  Image<float> out(image.shape());
  for (std::size_t i = 0; i < image.size(); ++i) out.pixels()[i] = part(image.pixels()[i]);
  return out;
}

void write_parts(Exporter& exporter, const std::string& name, const std::vector<ComplexImage>& images,
                 double pixel_m) {
  for (std::size_t i = 0; i < images.size(); ++i) {
    const std::string number = images.size() > 1 ? "-" + std::to_string(i) : "";
    const auto folder = exporter.out(exporter.stem() + "-tiff");
    image::write_tiff(exporter.target(folder / (name + "-amplitude" + number + ".tif")),
                      part_of(images[i], [](std::complex<float> v) { return std::abs(v); }), pixel_m);
    image::write_tiff(exporter.target(folder / (name + "-phase" + number + ".tif")),
                      part_of(images[i], [](std::complex<float> v) { return std::arg(v); }), pixel_m);
  }
}

void export_product(Exporter& exporter) {
  const std::string& to = exporter.arguments.to;
  const product::Product product = product::read_product(exporter.arguments.file);
  if (to == "csv") {
    scanfile::write_positions_csv(exporter.target(exporter.out(exporter.stem() + ".csv")), product);
  } else if (to == "tiff") {
    // The resolution that a TIFF states is that of metres.
    write_parts(exporter, "object", product.object, product.in_pixels() ? 0 : product.object_pixel_width_m);
    write_parts(exporter, "probe", product.probe, product.in_pixels() ? 0 : product.probe_pixel_width_m);
  } else if (to == "ptychodus" || to == "ptychi") {
    if (product.in_pixels())
      throw InputError(
          exporter.arguments.file + " has lengths in pixels, for the size of a pixel was not known",
          to + " would take each for a metre",
          "reconstruct again with --object-pixel, or --energy-ev, --distance and --pixel-size");
    const auto by_default = exporter.stem() + (to == "ptychi" ? "_para.hdf5" : "-product.h5");
    product::write_product(exporter.target(exporter.out(by_default)), product);
  } else {
    throw InputError(exporter.arguments.file + " is a reconstruction, and " + to + " is a layout of scans",
                     {}, "export the raw file, or the product --to ptychodus, ptychi, csv or tiff");
  }
}

/// The mean pattern, and the frames named by --frames: all of a scan would be too many files.
void export_pictures(Exporter& exporter, const scanfile::SeriesReader& reader) {
  const auto folder = exporter.out(exporter.stem() + "-tiff");
  image::write_tiff(exporter.target(folder / "mean-pattern.tif"), mean_pattern(reader));
  if (!exporter.arguments.read.frames) return;
  const std::uint64_t first = (*exporter.arguments.read.frames)[0];
  for (std::uint64_t i = 0; i < reader.size(); ++i) {
    const Frame frame = reader.frame(i);
    Image<float> pixels(frame.shape);
    with_dtype(frame.dtype, [&]<class T>(T) {
      const T* from = reinterpret_cast<const T*>(frame.payload.data());
      for (std::size_t k = 0; k < pixels.size(); ++k) pixels.pixels()[k] = static_cast<float>(from[k]);
    });
    image::write_tiff(exporter.target(folder / ("frame-" + std::to_string(first + i) + ".tif")), pixels);
  }
}

void export_scan(Exporter& exporter) {
  const ExportArguments& arguments = exporter.arguments;
  const scanfile::SeriesReader reader(arguments.file, arguments.read);
  for (const Warning& warning : reader.warnings()) exporter.warnings.push_back(warning.sentence);
  if (const auto remark = scanfile::off_centre(reader.info()); remark && arguments.to != "csv")
    exporter.warnings.push_back(*remark);
  const std::string stem = exporter.stem();
  if (arguments.to == "ptyd") {
    scanfile::write_ptyd(exporter.target(exporter.out(stem + ".ptyd")), reader);
  } else if (arguments.to == "fold_slice") {
    // The names that fold_slice looks for in a scan's folder.
    const fs::path folder = exporter.out(stem + "-fold_slice");
    const fs::path patterns = exporter.target(folder / "data_roi0_dp.hdf5");
    scanfile::write_fold_slice(patterns, exporter.target(folder / "data_roi0_para.hdf5"), reader);
  } else if (arguments.to == "ptychi") {
    const auto product = product_for(arguments, reader);
    const std::string name = exporter.pair_name();
    scanfile::write_ptychi_patterns(exporter.target(name + "dp.hdf5"), reader);
    product::write_product(exporter.target(name + "para.hdf5"), product);
  } else if (arguments.to == "ptychodus") {
    const auto product = product_for(arguments, reader);
    const fs::path folder = exporter.out(stem + "-ptychodus");
    scanfile::write_ptychodus_patterns(exporter.target(folder / "diffraction.h5"), reader);
    product::write_product(exporter.target(folder / "product-in.h5"), product);
  } else if (arguments.to == "csv") {
    scanfile::write_scan_csv(exporter.target(exporter.out(stem + ".csv")), reader);
  } else {
    export_pictures(exporter, reader);
  }
}

}  // namespace

int run_export(const ExportArguments& arguments) {
  Exporter exporter{arguments, {}, {}};
  if (scanfile::is_product(arguments.file))
    export_product(exporter);
  else
    export_scan(exporter);
  if (arguments.json) {
    nlohmann::ordered_json out{{"to", arguments.to}, {"files", nlohmann::json::array()}};
    for (const fs::path& path : exporter.written) out["files"].push_back(path.string());
    out["warnings"] = exporter.warnings;
    std::cout << out.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << "\n";
    return 0;
  }
  for (const fs::path& path : exporter.written) std::cout << "  wrote " << path.string() << "\n";
  for (const std::string& warning : exporter.warnings) std::cerr << "  " << warning << "\n";
  return 0;
}

}  // namespace ptero::tools
