#include "details.hpp"

#include <cmath>
#include <cstring>

namespace ptero::simplon {

namespace {

constexpr double metres_per_angstrom = 1e-10;
// What beamlines announce beyond this means "until it is stopped".
constexpr std::uint64_t max_announced = max_frame_id;

double positive_or_zero(std::optional<double> value) {
  return value && *value > 0 ? *value : 0;
}

double wavelength_m(const Json& object, const char* wavelength, const char* energy) {
  if (const double length = positive_or_zero(number_at(object, wavelength)); length > 0)
    return length * metres_per_angstrom;
  const double ev = positive_or_zero(number_at(object, energy));
  return ev > 0 ? hc_ev_m / ev : 0;
}

void take_shape(const Json& object, const char* cols, const char* rows, SeriesInfo& info) {
  const Shape shape{uint_at(object, rows).value_or(0), uint_at(object, cols).value_or(0)};
  // Larger than any detector: a damaged header. The images tell.
  if (shape.rows > 0 && shape.cols > 0 && shape.rows < 1'000'000 && shape.cols < 1'000'000)
    info.frame_shape = shape;
}

/// 0, 0 is what a detector says where nobody set its beam centre.
void take_centre(const Json& object, SeriesInfo& info) {
  const auto row = number_at(object, "beam_center_y");
  const auto col = number_at(object, "beam_center_x");
  if (!row || !col || (*row == 0 && *col == 0)) return;
  info.centre_row = row;
  info.centre_col = col;
}

void take_depth(std::uint64_t bits, Start& start) {
  start.dtype_known = bits == 8 || bits == 16 || bits == 32;
  if (start.dtype_known) start.info.dtype = bits == 8 ? Dtype::u8 : bits == 16 ? Dtype::u16 : Dtype::u32;
}

void take_announced(std::uint64_t n, Start& start) {
  if (n > 0 && n <= max_announced) start.info.n_expected = n;
}

std::uint64_t product(std::uint64_t a, std::uint64_t b) {
  return b != 0 && a > UINT64_MAX / b ? UINT64_MAX : a * b;
}

}  // namespace

void read_config_v1(const Json& config, Start& start) {
  SeriesInfo& info = start.info;
  take_shape(config, "x_pixels_in_detector", "y_pixels_in_detector", info);
  take_centre(config, info);
  take_depth(uint_at(config, "bit_depth_image").value_or(0), start);
  info.wavelength_m = wavelength_m(config, "wavelength", "photon_energy");
  info.distance_m = positive_or_zero(number_at(config, "detector_distance"));
  info.detector_pixel_m = positive_or_zero(number_at(config, "x_pixel_size"));
  const auto triggers = uint_at(config, "ntrigger").value_or(1);
  // An enabling trigger takes one image a pulse, whatever nimages says.
  const bool one_each = text_at(config, "trigger_mode").ends_with('e');
  take_announced(one_each ? triggers : product(uint_at(config, "nimages").value_or(0), triggers), start);
}

void read_config_v2(const Json& message, Start& start) {
  SeriesInfo& info = start.info;
  info.uid = text_at(message, "series_unique_id");
  take_shape(message, "image_size_x", "image_size_y", info);
  take_centre(message, info);
  const std::string dtype = text_at(message, "image_dtype");
  take_depth(dtype == "uint8" ? 8 : dtype == "uint16" ? 16 : dtype == "uint32" ? 32 : 0, start);
  info.wavelength_m = wavelength_m(message, "incident_wavelength", "incident_energy");
  info.detector_pixel_m = positive_or_zero(number_at(message, "pixel_size_x"));
  // There is no distance; the detector sits that far from the sample, against the beam's direction.
  const auto translation = message.find("detector_translation");
  if (translation != message.end() && translation->is_array() && translation->size() == 3 &&
      (*translation)[2].is_number())
    info.distance_m = std::abs((*translation)[2].get<double>());
  if (!std::isfinite(info.distance_m)) info.distance_m = 0;
  take_announced(uint_at(message, "number_of_images").value_or(0), start);
}

std::vector<std::uint8_t> mask_of(std::span<const std::byte> flags) {
  constexpr std::uint32_t virtual_pixel = 0x8000'0000;
  std::vector<std::uint8_t> mask(flags.size() / 4);
  for (std::size_t i = 0; i < mask.size(); ++i) {
    std::uint32_t bits;
    std::memcpy(&bits, flags.data() + 4 * i, 4);
    mask[i] = bits == 0 || bits == virtual_pixel ? 0 : 1;
  }
  return mask;
}

void take_mask(const DetectorTable& table, Start& start) {
  Shape& frames = start.info.frame_shape;
  if (frames.count() == 0) frames = table.shape;
  if (table.dtype == Dtype::u32 && table.shape == frames)
    start.info.mask = mask_of(table.values.span());
  else
    start.warnings.push_back("the detector's pixel mask does not fit its frames; it is not used");
}

}  // namespace ptero::simplon
