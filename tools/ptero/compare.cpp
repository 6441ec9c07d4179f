#include <fmt/format.h>

#include <iostream>
#include <nlohmann/json.hpp>

#include <ptero/core/error.hpp>
#include <ptero/product/product.hpp>
#include <ptero/quality/placed.hpp>
#include <ptero/scan/reconstruction_outputs.hpp>

#include "ptero/commands.hpp"

namespace ptero::tools {

namespace {

quality::Placed placed(const product::ObjectImage& object) {
  return {object.layers.at(0), object.pixel_width_m, object.centre};
}

/// The area the image covers; all of it where the file does not say.
quality::Mask mask_of(const product::ObjectImage& object) {
  if (object.coverage) return scan::covered(*object.coverage);
  return quality::Mask(object.layers.at(0).shape(), 1);
}

nlohmann::json maybe(const std::optional<double>& value) {
  return value ? nlohmann::json(*value) : nlohmann::json(nullptr);
}

nlohmann::json to_json(const quality::Comparison& c) {
  return {{"ssim_phase", c.ssim_phase},
          {"ssim_modulus", c.ssim_modulus},
          {"phase_rms_rad", c.phase_rms},
          {"object_error", c.object_error},
          {"shift_px", {c.alignment.shift_rows, c.alignment.shift_cols}},
          {"resolution_half_bit_m", maybe(c.resolution_half_bit_m)},
          {"resolution_1_bit_m", maybe(c.resolution_one_bit_m)},
          {"frc_half_bit_crossing_per_px", maybe(c.frc.half_bit_crossing)},
          {"frc_1_bit_crossing_per_px", maybe(c.frc.one_bit_crossing)}};
}

}  // namespace

int run_compare(const CompareArguments& arguments) {
  const auto image = product::read_object(arguments.image);
  const auto reference = product::read_object(arguments.reference);
  const auto common = quality::common_area(placed(image), placed(reference), mask_of(image));
  if (!common)
    throw InputError("cannot compare " + arguments.image + " with " + arguments.reference,
                     fmt::format("pixels of {:.4g} m and {:.4g} m, or no area in common", image.pixel_width_m,
                                 reference.pixel_width_m),
                     "compare objects of one scan and one pixel size");
  const auto c = quality::compare(common->image, common->reference, common->mask, image.pixel_width_m);
  if (arguments.json) {
    std::cout << to_json(c).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << "\n";
    return 0;
  }
  const auto crossing = [&c](const std::optional<double>& value) -> std::string {
    if (c.frc.correlation.empty()) return "not known, the common area is too small";
    if (value && !(*value > 0)) return "at once, the images have nothing in common";
    return value ? fmt::format("{:.3f} cycles/pixel", *value) : std::string("never, up to the sampling");
  };
  std::cout << fmt::format("  SSIM         phase {:.4f}, amplitude {:.4f}\n", c.ssim_phase, c.ssim_modulus)
            << fmt::format("  phase RMS    {:.4f} rad\n", c.phase_rms)
            << fmt::format("  object error {:.4f}\n", c.object_error) << "  FRC          half-bit "
            << crossing(c.frc.half_bit_crossing) << ", 1-bit " << crossing(c.frc.one_bit_crossing) << "\n"
            << fmt::format(
                   "  moved by     {:.2f} rows, {:.2f} columns; ramp {:.2g}, {:.2g} cycles/pixel removed\n",
                   c.alignment.shift_rows, c.alignment.shift_cols, c.alignment.ramp_rows,
                   c.alignment.ramp_cols);
  return 0;
}

}  // namespace ptero::tools
