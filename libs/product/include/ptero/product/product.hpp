#pragma once
// The final reconstruction, in the ptychodus product layout (HDF5), which the APS tools open.

#include <complex>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <ptero/core/image.hpp>
#include <ptero/core/position.hpp>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace ptero::product {

/// The value of an option of the reconstruction.
using OptionValue =
    std::variant<bool, std::int64_t, double, std::string, std::vector<double>, std::vector<std::string>>;
using Options = std::vector<std::pair<std::string, OptionValue>>;

/// Zero stands for "not known" in every physical quantity, as in ptychodus.
struct Product {
  using ComplexImage = Image<std::complex<float>>;

  std::string name;
  std::string comments;
  double detector_object_distance_m = 0;
  double probe_energy_ev = 0;
  double probe_photon_count = 0;
  double exposure_time_s = 0;
  double mass_attenuation_m2_kg = 0;
  double tomography_angle_deg = 0;
  double tilt_angle_deg = 0;

  std::vector<std::int64_t> position_indexes;  ///< frame ids
  std::vector<Position> positions;             ///< as many

  /// opr_count groups of modes, group after group: probe[opr * modes + mode], all of one shape.
  std::vector<ComplexImage> probe;
  std::size_t opr_count = 1;
  std::optional<Image<double>> opr_weights;  ///< positions x opr_count
  double probe_pixel_width_m = 0;
  double probe_pixel_height_m = 0;

  std::vector<ComplexImage> object;     ///< layers of one shape
  std::vector<double> layer_spacing_m;  ///< layers - 1
  /// The middle of the object array in metres: x_px = (x_m - centre.x_m) / pixel_width_m + cols / 2.
  Position object_centre;
  double object_pixel_width_m = 0;
  double object_pixel_height_m = 0;

  /// Nobody knew a length: an object pixel stands for a metre (those of cropped patterns for more), and
  /// positions are in pixels of the whole frame.
  bool in_pixels() const { return object_pixel_width_m >= 1 && object_pixel_height_m >= 1; }

  std::vector<std::int64_t> loss_epochs;
  std::vector<double> loss_values;  ///< as many

  /// Ours, ignored by others: how strongly each object pixel was lit (object's shape, any unit), further
  /// numbers stored as root attributes.
  std::optional<Image<float>> coverage;
  std::map<std::string, double> numbers;
  /// Every option that the reconstruction was made with, key and value; stored as attributes of the group
  /// `ptero_options`: booleans as 0 and 1, empty lists as empty texts. Read back as numbers and texts alone,
  /// by name.
  Options options;
  /// Tells at a glance whether two products were made with the same options; root attribute. Empty: none.
  std::string options_hash;
  /// What its maker wants to find again, any text; stored as the dataset `ptero_record`. Empty: nothing.
  std::string record;
};

/// Every dataset of numbers has its `units`, as UDUNITS has them where it knows them; lengths that are pixels
/// say so (object and probe: `length_units`). Writes beside the target, syncs and renames: readers see the
/// old file or the whole new one. Throws Error when it cannot be written. Broken contract: sizes that
/// disagree, no object, no probe.
void write_product(const std::filesystem::path& path, const Product& product);

/// Throws InputError naming what is missing or has the wrong shape.
Product read_product(const std::filesystem::path& path);

/// Its record alone. Empty where there is none, or no product that can be read.
std::string read_record(const std::filesystem::path& path);

/// An object to compare with: a product (or a truth file in its layout), or any complex 2-D or 3-D dataset.
struct ObjectImage {
  std::vector<Product::ComplexImage> layers;
  double pixel_width_m = 0;  ///< 0: not known
  double pixel_height_m = 0;
  Position centre;
  std::optional<Image<float>> coverage;
};

/// spec: PATH (a product, or a file with one complex dataset) or FILE:DATASET. Throws InputError.
ObjectImage read_object(const std::string& spec);

}  // namespace ptero::product
