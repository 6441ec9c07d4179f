#include <cmath>
#include <ptero/core/contract.hpp>
#include <ptero/image/scale_bar.hpp>

#include "number_text.hpp"

namespace ptero::image {

ScaleBar choose_scale_bar(double pixel_m, double max_px) {
  PTERO_EXPECT(pixel_m > 0 && max_px > 0);
  const double room_m = pixel_m * max_px * (1 + 1e-9);
  const double decade = std::pow(10, std::floor(std::log10(room_m)));
  const double factor = room_m >= 5 * decade ? 5 : room_m >= 2 * decade ? 2 : 1;
  ScaleBar bar;
  bar.length_m = factor * decade;
  bar.length_px = bar.length_m / pixel_m;
  const bool nanometres = bar.length_m < 0.999e-6;
  const bool millimetres = bar.length_m > 0.999e-3;
  bar.label = number_text(bar.length_m * (nanometres    ? 1e9
                                          : millimetres ? 1e3
                                                        : 1e6)) +
              (nanometres    ? " nm"
               : millimetres ? " mm"
                             : " µm");
  return bar;
}

}  // namespace ptero::image
