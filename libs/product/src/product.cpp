#include <ptero/core/contract.hpp>
#include <ptero/core/error.hpp>
#include <ptero/product/product.hpp>

#include <ptero/core/file.hpp>
#include <ptero/h5/complex_dataset.hpp>
#include <ptero/h5/locate.hpp>
#include <ptero/h5/write.hpp>

#include "options_group.hpp"

namespace ptero::product {

namespace {

/// Root attributes of the layout, name and member.
constexpr std::pair<const char*, double Product::*> numbers[] = {
    {"detector_object_distance_m", &Product::detector_object_distance_m},
    {"probe_energy_eV", &Product::probe_energy_ev},
    {"probe_photon_count", &Product::probe_photon_count},
    {"exposure_time_s", &Product::exposure_time_s},
    {"mass_attenuation_m2_kg", &Product::mass_attenuation_m2_kg},
    {"tomography_angle_deg", &Product::tomography_angle_deg},
    {"tilt_angle_deg", &Product::tilt_angle_deg},
};

constexpr const char* hash_name = "options_hash";
constexpr const char* record_name = "ptero_record";

void expect_consistent(const Product& p) {
  PTERO_EXPECT(!p.probe.empty() && !p.object.empty());
  PTERO_EXPECT(p.opr_count > 0 && p.probe.size() % p.opr_count == 0);
  PTERO_EXPECT(p.position_indexes.size() == p.positions.size());
  PTERO_EXPECT(p.layer_spacing_m.size() + 1 == p.object.size());
  PTERO_EXPECT(p.loss_epochs.size() == p.loss_values.size());
  PTERO_EXPECT(!p.coverage || p.coverage->shape() == p.object.front().shape());
}

/// units: as NeXus says them; null: none.
template <class T>
void write_list(hid_t file, const char* name, std::span<const T> values, const char* units = nullptr) {
  const h5::Dims dims{values.size()};
  const h5::Id dataset = h5::write_array<T>(file, name, values, dims, h5::checksummed(dims));
  if (units != nullptr) h5::set_attribute(dataset, "units", units);
}

/// The names are the layout's; a scan without a length scale stands in pixels all the same.
const char* length_units(const Product& p) {
  return p.in_pixels() ? "pixel" : "m";
}

void write_probe(hid_t file, const Product& p) {
  const std::size_t modes = p.probe.size() / p.opr_count;
  const h5::Dims leading = p.opr_count > 1 ? h5::Dims{p.opr_count, modes} : h5::Dims{modes};
  const h5::Id probe = h5::write_complex(file, "probe", p.probe, leading);
  // |P|^2 of all modes is what a pattern holds.
  h5::set_attribute(probe, "units", "sqrt(photon)");
  h5::set_attribute(probe, "length_units", length_units(p));
  h5::set_attribute(probe, "pixel_width_m", p.probe_pixel_width_m);
  h5::set_attribute(probe, "pixel_height_m", p.probe_pixel_height_m);
  if (!p.opr_weights) return;
  // Readers look in one place or the other. HDF5 keeps attributes of 64 kB and more only in its newer
  // formats.
  const h5::Dims dims{p.opr_weights->rows(), p.opr_weights->cols()};
  h5::set_attribute(
      h5::write_array<double>(file, "opr_weights", p.opr_weights->pixels(), dims, h5::checksummed(dims)),
      "units", "1");
  if (p.opr_weights->size() * sizeof(double) < 64000)
    h5::set_attribute(probe, "opr_weights", p.opr_weights->pixels(), dims);
}

void write_object(hid_t file, const Product& p) {
  const h5::Id object = h5::write_complex(file, "object", p.object, {p.object.size()});
  h5::set_attribute(object, "units", "1");
  h5::set_attribute(object, "length_units", length_units(p));
  h5::set_attribute(object, "center_x_m", p.object_centre.x_m);
  h5::set_attribute(object, "center_y_m", p.object_centre.y_m);
  h5::set_attribute(object, "pixel_width_m", p.object_pixel_width_m);
  h5::set_attribute(object, "pixel_height_m", p.object_pixel_height_m);
  write_list<double>(file, "object_layer_spacing_m", p.layer_spacing_m, "m");
  if (!p.coverage) return;
  const h5::Dims dims{p.coverage->rows(), p.coverage->cols()};
  h5::set_attribute(
      h5::write_array<float>(file, "coverage", p.coverage->pixels(), dims, h5::checksummed(dims)), "units",
      "arbitrary");
}

void write_all(const std::filesystem::path& path, const Product& p) {
  const h5::Id file = h5::create_file(path);
  h5::set_attribute(file, "name", p.name);
  h5::set_attribute(file, "comments", p.comments);
  for (const auto& [name, member] : numbers) h5::set_attribute(file, name, p.*member);
  for (const auto& [name, value] : p.numbers) h5::set_attribute(file, name.c_str(), value);
  std::vector<double> x;
  std::vector<double> y;
  for (const Position& position : p.positions) {
    x.push_back(position.x_m);
    y.push_back(position.y_m);
  }
  write_list<std::int64_t>(file, "probe_position_indexes", p.position_indexes);
  write_list<double>(file, "probe_position_x_m", x, length_units(p));
  write_list<double>(file, "probe_position_y_m", y, length_units(p));
  write_probe(file, p);
  write_object(file, p);
  write_list<std::int64_t>(file, "loss_epochs", p.loss_epochs, "epoch");
  write_list<double>(file, "loss_values", p.loss_values, "1");
  write_options(file, p.options);
  if (!p.options_hash.empty()) h5::set_attribute(file, hash_name, p.options_hash);
  if (!p.record.empty()) h5::write_text(file, record_name, p.record);
}

std::string record_in(const h5::Source& source) {
  const auto dataset = source.find(record_name);
  return dataset ? h5::read_text(dataset->id, false) : std::string();
}

double number_of(const h5::Dataset& dataset, const char* attribute) {
  return h5::number_attribute(dataset.id, attribute).value_or(0);
}

template <class T>
std::vector<T> read_list(const h5::Source& source, const char* name) {
  const auto dataset = source.find(name);
  return dataset ? h5::read<T>(*dataset) : std::vector<T>{};
}

template <class T>
std::optional<Image<T>> read_image(const h5::Source& source, const char* name) {
  const auto dataset = source.find(name);
  if (!dataset || dataset->rank() != 2 || !dataset->numeric()) return std::nullopt;
  return Image<T>({dataset->dims[0], dataset->dims[1]}, h5::read<T>(*dataset));
}

/// Root attributes that are numbers and not the layout's.
std::map<std::string, double> further_numbers(hid_t file) {
  std::map<std::string, double> found;
  H5Aiterate2(
      file, H5_INDEX_NAME, H5_ITER_NATIVE, nullptr,
      [](hid_t location, const char* name, const H5A_info_t*, void* out) -> herr_t {
        if (const auto value = h5::number_attribute(location, name))
          static_cast<std::map<std::string, double>*>(out)->emplace(name, *value);
        return 0;
      },
      &found);
  for (const auto& [name, member] : numbers) found.erase(name);
  return found;
}

void read_probe_positions(const h5::Source& source, Product& p) {
  p.position_indexes = read_list<std::int64_t>(source, "probe_position_indexes");
  const auto x = read_list<double>(source, "probe_position_x_m");
  const auto y = read_list<double>(source, "probe_position_y_m");
  if (x.size() != y.size() || x.size() != p.position_indexes.size())
    throw InputError("the positions of the product " + source.name + " differ in number",
                     std::to_string(p.position_indexes.size()) + " indexes, " + std::to_string(x.size()) +
                         " x, " + std::to_string(y.size()) + " y");
  for (std::size_t i = 0; i < x.size(); ++i) p.positions.push_back({x[i], y[i]});
}

void read_object_of(const h5::Source& source, const h5::Dataset& object, ObjectImage& out) {
  out.layers = h5::read_complex(object);
  out.pixel_width_m = number_of(object, "pixel_width_m");
  out.pixel_height_m = number_of(object, "pixel_height_m");
  out.centre = {number_of(object, "center_x_m"), number_of(object, "center_y_m")};
  out.coverage = read_image<float>(source, "coverage");
  if (out.layers.empty() || (out.coverage && out.coverage->shape() != out.layers.front().shape()))
    out.coverage.reset();
}

}  // namespace

void write_product(const std::filesystem::path& path, const Product& product) {
  expect_consistent(product);
  write_atomically(path, [&](const std::filesystem::path& temporary) {
    write_all(temporary, product);
    h5::add_checksum(temporary);
  });
}

Product read_product(const std::filesystem::path& path) {
  const h5::Source source{h5::open_file(path), path.string()};
  Product p;
  p.name = h5::text_attribute(source.file, "name").value_or("");
  p.comments = h5::text_attribute(source.file, "comments").value_or("");
  for (const auto& [name, member] : numbers) p.*member = h5::number_attribute(source.file, name).value_or(0);
  p.numbers = further_numbers(source.file);
  read_probe_positions(source, p);

  const h5::Dataset probe = source.open("probe");
  p.probe = h5::read_complex(probe);
  p.opr_count = probe.rank() == 4 ? probe.dims[0] : 1;
  p.probe_pixel_width_m = number_of(probe, "pixel_width_m");
  p.probe_pixel_height_m = number_of(probe, "pixel_height_m");
  p.opr_weights = read_image<double>(source, "opr_weights");

  ObjectImage object;
  read_object_of(source, source.open("object"), object);
  p.object = std::move(object.layers);
  p.object_pixel_width_m = object.pixel_width_m;
  p.object_pixel_height_m = object.pixel_height_m;
  p.object_centre = object.centre;
  p.coverage = std::move(object.coverage);
  p.layer_spacing_m = read_list<double>(source, "object_layer_spacing_m");
  p.loss_epochs = read_list<std::int64_t>(source, "loss_epochs");
  p.loss_values = read_list<double>(source, "loss_values");
  p.options = read_options(source.file);
  p.options_hash = h5::text_attribute(source.file, hash_name).value_or("");
  p.record = record_in(source);
  return p;
}

std::string read_record(const std::filesystem::path& path) {
  try {
    return record_in({h5::open_file(path), path.string()});
  } catch (const Error&) {
    return {};
  }
}

ObjectImage read_object(const std::string& spec) {
  ObjectImage image;
  std::error_code ignored;
  const std::size_t colon = spec.rfind(':');
  const bool names_dataset = colon != std::string::npos && !std::filesystem::exists(spec, ignored);
  const std::string name = names_dataset ? spec.substr(0, colon) : spec;
  const h5::Source source{h5::open_file(name), name};
  if (names_dataset) {
    read_object_of(source, source.open(spec.substr(colon + 1)), image);
  } else if (const auto object = source.find("object")) {
    read_object_of(source, *object, image);
  } else {
    read_object_of(source, h5::only_complex(source), image);
  }
  return image;
}

}  // namespace ptero::product
