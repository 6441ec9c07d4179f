#include <algorithm>
#include <cmath>
#include <ptero/image/render.hpp>

namespace ptero::image {

Range range_around_mean(const Image<float>& values, double sigmas) {
  double sum = 0, squares = 0;
  std::size_t count = 0;
  for (const float v : values.pixels())
    if (std::isfinite(v)) sum += v, ++count;
  const auto n = static_cast<double>(std::max(count, std::size_t{1}));
  const double mean = sum / n;
  for (const float v : values.pixels())
    if (std::isfinite(v)) squares += (v - mean) * (v - mean);
  const double sigma = std::sqrt(squares / n);
  return {mean - sigmas * sigma, mean + sigmas * sigma};
}

}  // namespace ptero::image
