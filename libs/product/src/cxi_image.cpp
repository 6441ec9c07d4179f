#include <algorithm>
#include <numeric>
#include <ptero/core/contract.hpp>
#include <ptero/product/cxi_image.hpp>

#include <ptero/core/file.hpp>
#include <ptero/h5/complex_dataset.hpp>
#include <ptero/h5/write.hpp>

#include "options_group.hpp"

namespace ptero::product {

namespace {

constexpr double joules_per_ev = 1.602176634e-19;
constexpr std::uint32_t missing = 0x200;
constexpr float lit_share = 0.1F;

void write_mask(hid_t image, const Image<float>& coverage) {
  const float limit = lit_share * *std::max_element(coverage.pixels().begin(), coverage.pixels().end());
  std::vector<std::uint32_t> mask;
  for (const float light : coverage.pixels()) mask.push_back(light >= limit ? 0 : missing);
  h5::write_array<std::uint32_t>(image, "mask", mask, {coverage.rows(), coverage.cols()});
}

void write_image(hid_t entry, const Product& p) {
  const h5::Id image = h5::create_group(entry, "image_1", "NXdata");
  const Shape shape = p.object.front().shape();
  h5::set_attribute(h5::write_complex(image, "data", p.object,
                                      p.object.size() > 1 ? h5::Dims{p.object.size()} : h5::Dims{}),
                    "units", "1");
  h5::set_attribute(image, "signal", "data");
  h5::write_text(image, "data_space", "real");
  h5::write_text(image, "data_type", "transmission function");
  h5::write_scalar<std::int64_t>(image, "dimensionality", p.object.size() > 1 ? 3 : 2);
  h5::write_scalar<std::int64_t>(image, "is_fft_shifted", 0);
  if (p.coverage && !p.coverage->empty()) write_mask(image, *p.coverage);
  const double depth = std::accumulate(p.layer_spacing_m.begin(), p.layer_spacing_m.end(), 0.0);
  const std::vector<double> size{static_cast<double>(shape.cols) * p.object_pixel_width_m,
                                 static_cast<double>(shape.rows) * p.object_pixel_height_m, depth};
  const std::vector<double> centre{p.object_centre.x_m, p.object_centre.y_m, depth / 2};
  // CXI means metres: pixels that stand for them are no size.
  if (!p.in_pixels()) {
    h5::set_attribute(h5::write_array<double>(image, "image_size", size, {3}), "units", "m");
    h5::set_attribute(h5::write_array<double>(image, "image_center", centre, {3}), "units", "m");
  }
  const h5::Id process = h5::create_group(image, "process_1", "NXprocess");
  h5::write_text(process, "program", "ptero");
  h5::write_text(process, "note", p.comments);
  write_options(process, p.options);
}

void write_all(const std::filesystem::path& path, const Product& p) {
  const h5::Id file = h5::create_file(path);
  h5::write_scalar<std::int64_t>(file, "cxi_version", 160);
  const h5::Id entry = h5::create_group(file, "entry_1", "NXentry");
  h5::write_text(entry, "title", p.name);
  write_image(entry, p);
  // What a viewer shows first: NeXus readers follow the defaults, those of CXI look into data_1.
  h5::set_attribute(file, "default", "entry_1");
  h5::set_attribute(entry, "default", "data_1");
  const h5::Id data = h5::create_group(entry, "data_1", "NXdata");
  h5::soft_link(data, "data", "/entry_1/image_1/data");
  h5::set_attribute(data, "signal", "data");
  const h5::Id instrument = h5::create_group(entry, "instrument_1", "NXinstrument");
  const h5::Id source = h5::create_group(instrument, "source_1", "NXsource");
  h5::set_attribute(h5::write_scalar<double>(source, "energy", p.probe_energy_ev * joules_per_ev), "units",
                    "J");
  h5::set_attribute(h5::write_complex(source, "illumination", {p.probe.front()}, {}), "units",
                    "sqrt(photon)");
}

}  // namespace

void write_cxi_image(const std::filesystem::path& path, const Product& product) {
  PTERO_EXPECT(!product.object.empty() && !product.probe.empty());
  write_atomically(path, [&](const std::filesystem::path& temporary) {
    write_all(temporary, product);
    h5::add_checksum(temporary);
  });
}

}  // namespace ptero::product
