#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include <ptero/core/error.hpp>
#include <ptero/product/product.hpp>
#include <ptero/scan/first_probe.hpp>

#include "support/scratch.hpp"

namespace ptero::scan {
namespace {

using Wave = Image<std::complex<float>>;

/// A wave without symmetry, the same on any pixels: its middle is pixel n / 2, lengths in units of `pixel`.
Wave wave_on(std::size_t n, double pixel) {
  Wave wave({n, n});
  for (std::size_t r = 0; r < n; ++r)
    for (std::size_t c = 0; c < n; ++c) {
      const double y = (static_cast<double>(r) - static_cast<double>(n / 2)) * pixel - 1;
      const double x = (static_cast<double>(c) - static_cast<double>(n / 2)) * pixel + 2;
      wave(r, c) = std::complex<float>(
          std::polar(pixel * std::exp(-(x * x + 2 * y * y) / 72), 0.1 * x + 0.004 * x * y));
    }
  return wave;
}

double difference(const Wave& a, const Wave& b) {
  double square = 0, all = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    square += std::norm(a.pixels()[i] - b.pixels()[i]);
    all += std::norm(b.pixels()[i]);
  }
  return std::sqrt(square / all);
}

class FirstProbeOf : public testing::Test {
 protected:
  void write(const Wave& wave, double pixel_m) {
    product::Product product;
    product.object = {Wave({40, 40}, 1)};
    product.probe = {wave};
    product.probe_pixel_width_m = product.probe_pixel_height_m = pixel_m;
    product::write_product(path_, product);
  }
  FirstProbe read(std::size_t n, double pixel_m, bool turned = false) const {
    SolverOptions options;
    options.probe = path_;
    options.probe_transposed = turned;
    return first_probe(options, n, pixel_m);
  }
  test::Scratch scratch_;
  std::string path_ = (scratch_ / "earlier.h5").string();
};

TEST_F(FirstProbeOf, AnotherPixelIsResampledAndSaid) {
  write(wave_on(64, 1), 30e-9);
  const FirstProbe same = read(64, 30e-9);
  EXPECT_EQ(difference(same.wave, wave_on(64, 1)), 0);
  EXPECT_TRUE(same.warnings.empty());
  for (const double ratio : {0.5, 0.8, 1.25, 2.0}) {
    const FirstProbe other = read(64, ratio * 30e-9);
    EXPECT_LT(difference(other.wave, wave_on(64, ratio)), 0.05) << ratio;
    ASSERT_EQ(other.warnings.size(), 1u);
    EXPECT_EQ(other.warnings[0].code, "probe_resampled");
  }
}

TEST_F(FirstProbeOf, ALargerArrayOnTheSamePixelIsCut) {
  write(wave_on(96, 1), 30e-9);
  const FirstProbe cut = read(64, 30e-9);
  EXPECT_LT(difference(cut.wave, wave_on(64, 1)), 1e-6);
  EXPECT_EQ(cut.warnings.size(), 1u);
}

TEST_F(FirstProbeOf, AnotherSizeOfUnknownPixelIsRefused) {
  write(wave_on(96, 1), 0);
  EXPECT_THROW((void)read(64, 30e-9), InputError);
}

TEST_F(FirstProbeOf, ItTurnsWithTheFramesOfItsFile) {
  write(wave_on(64, 1), 30e-9);
  EXPECT_EQ(read(64, 30e-9, true).wave(3, 40), wave_on(64, 1)(40, 3));
}

}  // namespace
}  // namespace ptero::scan
