#include <ptero/ddip/blend.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace ptero::ddip {

namespace {

/// splitmix64: the standard distributions differ between libraries, and a seed must mean the same everywhere.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  double uniform(double low, double high) {
    return low + (high - low) * static_cast<double>(bits() >> 11) * 0x1p-53;
  }
  double normal() {
    const double u = 1 - uniform(0, 1), v = uniform(0, 1);
    return std::sqrt(-2 * std::log(u)) * std::cos(2 * std::numbers::pi * v);
  }

 private:
  std::uint64_t bits() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }
  std::uint64_t state_;
};

float edge(double distance) {
  return static_cast<float>(1 / (1 + std::exp(-2 * distance)));
}

Image<float> particles(const BlendOptions& o) {
  Image<float> image(o.shape);
  Random random(o.sample * 2 + 1);
  const auto area = static_cast<double>(o.shape.count());
  const int count = static_cast<int>(area / o.particle_px);
  for (int k = 0; k < count; ++k) {
    const double row = random.uniform(0, static_cast<double>(o.shape.rows)),
                 col = random.uniform(0, static_cast<double>(o.shape.cols)) + o.shift_px;
    const double radius = random.uniform(3, 8), height = random.uniform(0.6, 1);
    for (std::size_t r = 0; r < o.shape.rows; ++r)
      for (std::size_t c = 0; c < o.shape.cols; ++c) {
        const double distance = std::hypot(static_cast<double>(r) - row, static_cast<double>(c) - col);
        image(r, c) = std::max(image(r, c), static_cast<float>(height) * edge(radius - distance));
      }
  }
  return image;
}

Image<float> grain(const BlendOptions& o) {
  Image<float> image(o.shape);
  Random random(o.sample * 2 + 2);
  const auto rows = static_cast<double>(o.shape.rows), cols = static_cast<double>(o.shape.cols);
  double phase[6], strength[6];
  for (int k = 0; k < 6; ++k) {
    phase[k] = random.uniform(0, 2 * std::numbers::pi);
    strength[k] = random.uniform(0.02, 0.08);
  }
  double wave_row[8], wave_col[8], start[8];
  for (int k = 0; k < 8; ++k) {
    wave_row[k] = random.uniform(-0.15, 0.15);
    wave_col[k] = random.uniform(-0.15, 0.15);
    start[k] = random.uniform(0, 2 * std::numbers::pi);
  }
  for (std::size_t r = 0; r < o.shape.rows; ++r)
    for (std::size_t c = 0; c < o.shape.cols; ++c) {
      const double y = static_cast<double>(r), x = static_cast<double>(c) - o.shift_px;
      const double angle = std::atan2(y - 0.5 * rows, x - 0.5 * cols);
      double radius = 0.36;
      for (int k = 0; k < 6; ++k) radius += strength[k] * std::cos((k + 2) * angle + phase[k]);
      const double distance = std::hypot(y - 0.5 * rows, x - 0.5 * cols);
      double texture = 0;
      for (int k = 0; k < 8; ++k) texture += std::cos(wave_row[k] * y + wave_col[k] * x + start[k]);
      image(r, c) =
          static_cast<float>(0.55 + 0.06 * texture) * edge((radius * std::min(rows, cols) - distance) / 1.5);
    }
  return image;
}

/// A mosaic of crystals, the cells about random places, each of its own thickness.
Image<float> crystals(const BlendOptions& o) {
  struct Crystal {
    double row, col, height;
  };
  // Beyond the border too, or the outermost cells would be larger than the rest.
  constexpr double margin = 10;
  Random random(o.sample * 2 + 2);
  std::vector<Crystal> all(std::max<std::size_t>(
      4, static_cast<std::size_t>(static_cast<double>(o.shape.count()) / o.crystal_px)));
  for (Crystal& one : all) {
    one.row = random.uniform(-margin, static_cast<double>(o.shape.rows) + margin);
    one.col = random.uniform(-margin, static_cast<double>(o.shape.cols) + margin) + o.shift_px;
    one.height = random.uniform(0.2, 1);
  }
  Image<float> image(o.shape);
  for (std::size_t r = 0; r < o.shape.rows; ++r)
    for (std::size_t c = 0; c < o.shape.cols; ++c) {
      double nearest = 1e300, next = 1e300, height = 0, next_height = 0;
      for (const Crystal& one : all) {
        const double distance =
            std::hypot(static_cast<double>(r) - one.row, static_cast<double>(c) - one.col);
        if (distance < nearest) {
          next = nearest;
          next_height = height;
          nearest = distance;
          height = one.height;
        } else if (distance < next) {
          next = distance;
          next_height = one.height;
        }
      }
      const double share = edge(0.75 * (next - nearest));
      image(r, c) = static_cast<float>(height * share + next_height * (1 - share));
    }
  return image;
}

Image<float> blurred(const Image<float>& image, double sigma) {
  const auto reach = static_cast<std::ptrdiff_t>(3 * sigma + 1);
  std::vector<float> kernel;
  float sum = 0;
  for (std::ptrdiff_t k = -reach; k <= reach; ++k) {
    kernel.push_back(static_cast<float>(std::exp(-0.5 * static_cast<double>(k * k) / (sigma * sigma))));
    sum += kernel.back();
  }
  const auto pass = [&](const Image<float>& in, bool along_rows) {
    Image<float> out(in.shape());
    const auto rows = static_cast<std::ptrdiff_t>(in.rows()), cols = static_cast<std::ptrdiff_t>(in.cols());
    for (std::ptrdiff_t r = 0; r < rows; ++r)
      for (std::ptrdiff_t c = 0; c < cols; ++c) {
        float value = 0;
        for (std::ptrdiff_t k = -reach; k <= reach; ++k) {
          const std::ptrdiff_t rr = along_rows ? std::clamp<std::ptrdiff_t>(r + k, 0, rows - 1) : r;
          const std::ptrdiff_t cc = along_rows ? c : std::clamp<std::ptrdiff_t>(c + k, 0, cols - 1);
          value += kernel[static_cast<std::size_t>(k + reach)] *
                   in(static_cast<std::size_t>(rr), static_cast<std::size_t>(cc));
        }
        out(static_cast<std::size_t>(r), static_cast<std::size_t>(c)) = value / sum;
      }
    return out;
  };
  return pass(pass(image, true), false);
}

}  // namespace

Blend make_blend(const BlendOptions& options) {
  Blend blend;
  blend.truth = {particles(options), options.crystal_px > 0 ? crystals(options) : grain(options)};
  const Image<float> soft = blurred(blend.truth[1], 4), core = blurred(blend.truth[0], 3);
  blend.mixed = blend.truth;
  Random random(options.seed * 1000003 + 5);
  for (std::size_t i = 0; i < soft.size(); ++i) {
    const float particle = blend.truth[0].pixels()[i];
    blend.mixed[0].pixels()[i] +=
        static_cast<float>(options.blurred * soft.pixels()[i] + options.noise * random.normal());
    blend.mixed[1].pixels()[i] +=
        static_cast<float>(options.edges * (particle - core.pixels()[i]) + options.whole * particle +
                           options.noise * random.normal());
  }
  return blend;
}

double psnr(std::span<const float> image, std::span<const float> truth) {
  const AffineFit fit = fit_affine(image, truth);
  double error = 0;
  for (std::size_t i = 0; i < image.size(); ++i) {
    const double difference = fit.factor * image[i] + fit.offset - truth[i];
    error += difference * difference;
  }
  const auto [low, high] = std::minmax_element(truth.begin(), truth.end());
  const double peak = *high - *low;
  return 10 * std::log10(peak * peak * static_cast<double>(image.size()) / error);
}

double correlation(std::span<const float> a, std::span<const float> b) {
  PTERO_EXPECT(a.size() == b.size() && !a.empty());
  double x = 0, y = 0, xx = 0, yy = 0, xy = 0;
  const auto n = static_cast<double>(a.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    x += a[i];
    y += b[i];
  }
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double da = a[i] - x / n, db = b[i] - y / n;
    xx += da * da;
    yy += db * db;
    xy += da * db;
  }
  return xx > 0 && yy > 0 ? xy / std::sqrt(xx * yy) : 0;
}

double gradient_correlation(const Image<float>& a, const Image<float>& b) {
  PTERO_EXPECT(a.shape() == b.shape() && a.rows() > 1 && a.cols() > 1);
  const auto moduli = [](const Image<float>& image) {
    std::vector<float> values;
    for (std::size_t r = 0; r + 1 < image.rows(); ++r)
      for (std::size_t c = 0; c + 1 < image.cols(); ++c)
        values.push_back(std::hypot(image(r + 1, c) - image(r, c), image(r, c + 1) - image(r, c)));
    return values;
  };
  return correlation(moduli(a), moduli(b));
}

}  // namespace ptero::ddip
