#include "picture.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <ptero/product/product.hpp>

#include "support/scratch.hpp"

namespace ptero::conventions {

namespace {

constexpr double lit = 0.1;      // of the strongest illumination: where an object is worth looking at
constexpr int most_shift = 3;    // pixels by which object and probe may have moved against each other
constexpr double looser = 0.1;   // than the correlation of the sound scan: frames are missing, pixels masked
constexpr double clearly = 0.2;  // by which the right orientation wins
constexpr double same_scale = 0.01;
constexpr double worse_probe = 1.3;  // in the first pass; a probe that is turned fits 1.6 times worse

/// The object on the grid of the truth, NaN where there is none.
struct Map {
  Image<double> phase;
  Image<std::uint8_t> lit;
};

/// Illumination of the frames that are to be in the image.
Image<std::uint8_t> lit_area(const Truth& truth, const Expected& expected) {
  Image<double> light(truth.phase.shape());
  const auto n = truth.probe_real.rows();
  for (std::uint64_t i = 0; i < truth.count; ++i) {
    if (!expected.in_image(i)) continue;
    const auto corner = [&](double place_m, double origin) {
      return static_cast<std::size_t>(
          std::llround(place_m / truth.object_pixel_m + origin - static_cast<double>(n) / 2));
    };
    const std::size_t top = corner(truth.y[i], truth.origin_row), left = corner(truth.x[i], truth.origin_col);
    for (std::size_t r = 0; r < n; ++r)
      for (std::size_t c = 0; c < n; ++c)
        light(top + r, left + c) += std::norm(std::complex(truth.probe_real(r, c), truth.probe_imag(r, c)));
  }
  const double most = *std::max_element(light.pixels().begin(), light.pixels().end());
  Image<std::uint8_t> area(light.shape());
  for (std::size_t i = 0; i < area.size(); ++i) area.pixels()[i] = light.pixels()[i] > lit * most ? 1 : 0;
  return area;
}

/// Takes the best plane out of the pixels of the area.
void remove_plane(Map& map) {
  double n = 0, r1 = 0, c1 = 0, r2 = 0, c2 = 0, rc = 0, v = 0, vr = 0, vc = 0;
  const auto each = [&](auto&& f) {
    for (std::size_t r = 0; r < map.phase.rows(); ++r)
      for (std::size_t c = 0; c < map.phase.cols(); ++c)
        if (map.lit(r, c) != 0 && std::isfinite(map.phase(r, c)))
          f(static_cast<double>(r), static_cast<double>(c), map.phase(r, c));
  };
  each([&](double r, double c, double value) { n += 1, r1 += r, c1 += c, v += value; });
  if (n == 0) return;
  r1 /= n, c1 /= n, v /= n;
  each([&](double r, double c, double value) {
    r2 += (r - r1) * (r - r1), c2 += (c - c1) * (c - c1), rc += (r - r1) * (c - c1);
    vr += (r - r1) * (value - v), vc += (c - c1) * (value - v);
  });
  const double determinant = r2 * c2 - rc * rc;
  if (!(determinant > 0)) return;
  const double a = (vr * c2 - vc * rc) / determinant, b = (vc * r2 - vr * rc) / determinant;
  for (std::size_t r = 0; r < map.phase.rows(); ++r)
    for (std::size_t c = 0; c < map.phase.cols(); ++c)
      map.phase(r, c) -= v + a * (static_cast<double>(r) - r1) + b * (static_cast<double>(c) - c1);
}

/// The product's phase where the truth's pixels lie.
Map seen(const product::Product& product, const Truth& truth, const Expected& expected,
         const Image<std::uint8_t>& area) {
  const auto& object = product.object.at(0);
  std::complex<double> sum;
  for (const auto& value : object.pixels()) sum += std::complex<double>(value);
  Map map{Image<double>(truth.phase.shape(), NAN), area};
  const auto index = [&](std::size_t at, double origin, double shift_m, double centre_m, std::size_t side) {
    const double place_m = (static_cast<double>(at) - origin) * truth.object_pixel_m + shift_m;
    return std::llround((place_m - centre_m) / product.object_pixel_width_m + static_cast<double>(side) / 2);
  };
  for (std::size_t r = 0; r < map.phase.rows(); ++r)
    for (std::size_t c = 0; c < map.phase.cols(); ++c) {
      const auto row =
          index(r, truth.origin_row, expected.shift_y_m, product.object_centre.y_m, object.rows());
      const auto col =
          index(c, truth.origin_col, expected.shift_x_m, product.object_centre.x_m, object.cols());
      if (row < 0 || col < 0 || row >= static_cast<std::int64_t>(object.rows()) ||
          col >= static_cast<std::int64_t>(object.cols()))
        continue;
      const auto value = object(static_cast<std::size_t>(row), static_cast<std::size_t>(col));
      map.phase(r, c) = std::arg(std::complex<double>(value) * std::conj(sum));
    }
  remove_plane(map);
  return map;
}

/// Of both where both are, the second moved by rows and columns.
double correlation(const Map& a, const Map& b, int rows, int cols) {
  double n = 0, sa = 0, sb = 0, aa = 0, bb = 0, ab = 0;
  const auto height = static_cast<int>(b.phase.rows()), width = static_cast<int>(b.phase.cols());
  const auto high = std::min(static_cast<int>(a.phase.rows()), height + rows);
  const auto wide = std::min(static_cast<int>(a.phase.cols()), width + cols);
  for (int r = std::max(0, rows); r < high; ++r)
    for (int c = std::max(0, cols); c < wide; ++c) {
      const auto there_row = static_cast<std::size_t>(r - rows),
                 there_col = static_cast<std::size_t>(c - cols);
      if (b.lit(there_row, there_col) == 0) continue;
      const double va = a.phase(static_cast<std::size_t>(r), static_cast<std::size_t>(c));
      const double vb = b.phase(there_row, there_col);
      if (!std::isfinite(va)) continue;
      n += 1, sa += va, sb += vb, aa += va * va, bb += vb * vb, ab += va * vb;
    }
  const double spread = (aa - sa * sa / n) * (bb - sb * sb / n);
  return n > 0 && spread > 0 ? (ab - sa * sb / n) / std::sqrt(spread) : 0;
}

template <class T>
Image<T> turned(const Image<T>& image, int orientation) {
  const bool swap = (orientation & 4) != 0;
  Image<T> out(swap ? Shape{image.cols(), image.rows()} : image.shape());
  for (std::size_t r = 0; r < out.rows(); ++r)
    for (std::size_t c = 0; c < out.cols(); ++c) {
      std::size_t row = (orientation & 1) != 0 ? out.rows() - 1 - r : r;
      std::size_t col = (orientation & 2) != 0 ? out.cols() - 1 - c : c;
      if (swap) std::swap(row, col);
      out(r, c) = image(row, col);
    }
  return out;
}

}  // namespace

double Agreement::best_turned() const {
  return *std::max_element(correlation.begin() + 1, correlation.end());
}

Agreement agreement_of(const std::filesystem::path& folder, const Truth& truth, const Expected& expected) {
  const auto product = product::read_product(folder / "product.h5");
  const auto area = lit_area(truth, expected);
  const Map image = seen(product, truth, expected, area);
  Map known{truth.phase, area};
  remove_plane(known);
  const auto report = nlohmann::json::parse(test::slurp(folder / "report.json"));
  Agreement out{.correlation = {},
                .object_pixel_m = product.object_pixel_width_m,
                .frames = product.positions.size(),
                .first_error = report["reconstruction"]["amplitude_error"].at(0)};
  for (int orientation = 0; orientation < 8; ++orientation) {
    const Map way{turned(known.phase, orientation), turned(known.lit, orientation)};
    for (int rows = -most_shift; rows <= most_shift; ++rows)
      for (int cols = -most_shift; cols <= most_shift; ++cols) {
        auto& best = out.correlation[static_cast<std::size_t>(orientation)];
        best = std::max(best, correlation(image, way, rows, cols));
      }
  }
  return out;
}

std::string difference_of_picture(const Agreement& picture, const Agreement& sound, const Truth& truth,
                                  const Expected& expected) {
  std::uint64_t used = 0;
  for (std::uint64_t i = 0; i < truth.count; ++i) used += expected.in_image(i) ? 1 : 0;
  if (picture.frames != used) return fmt::format("{} frames in the image, not {}", picture.frames, used);
  if (std::abs(picture.object_pixel_m / truth.object_pixel_m - 1) > same_scale)
    return fmt::format("an object pixel of {} m, not {} m", picture.object_pixel_m, truth.object_pixel_m);
  if (picture.as_it_is() < sound.as_it_is() - looser)
    return fmt::format("a picture that correlates to {:.2f} with the truth, not {:.2f}", picture.as_it_is(),
                       sound.as_it_is());
  if (picture.as_it_is() < picture.best_turned() + clearly)
    return fmt::format("a picture that correlates to {:.2f} with the truth, turned to {:.2f}",
                       picture.as_it_is(), picture.best_turned());
  if (expected.first_probe && picture.first_error > worse_probe * sound.first_error)
    return fmt::format("a first probe that fits to {:.3f}, not {:.3f}", picture.first_error,
                       sound.first_error);
  return {};
}

}  // namespace ptero::conventions
