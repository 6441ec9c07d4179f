#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstring>
#include <numbers>
#include <numeric>
#include <ptero/core/error.hpp>
#include <ptero/synth/simulator.hpp>
#include <thread>

namespace ptero::synth {
namespace {

using Complex = std::complex<double>;

// A small instrument: 16 x 16 detector pixels, 225 nm object pixels, a zone plate to match.
SimulatorOptions small() {
  SimulatorOptions options;
  options.pattern = 16;
  options.grid = {4, 5, 0.33e-6, 0.4e-6, ScanOrder::raster};
  options.zone_plate = {180e-6, 400e-9, 60e-6, 2e-3};
  return options;
}

std::vector<double> counts_of(const Frame& frame) {
  std::vector<double> counts;
  with_dtype(frame.dtype, [&]<class T>(T) {
    std::vector<T> pixels(frame.shape.count());
    EXPECT_EQ(frame.payload.size(), pixels.size() * sizeof(T));
    std::memcpy(pixels.data(), frame.payload.data(), frame.payload.size());
    counts.assign(pixels.begin(), pixels.end());
  });
  return counts;
}

double sum_of(const Image<float>& image) {
  return std::accumulate(image.pixels().begin(), image.pixels().end(), 0.0);
}

double real(std::size_t i) {
  return static_cast<double>(i);
}

// A unitary DFT by its definition, signs as exp(sign 2 pi i k x / n).
std::vector<Complex> dft(const std::vector<Complex>& in, std::size_t n, double sign) {
  std::vector<Complex> out(n * n);
  for (std::size_t k = 0; k < n; ++k)
    for (std::size_t l = 0; l < n; ++l)
      for (std::size_t r = 0; r < n; ++r)
        for (std::size_t c = 0; c < n; ++c)
          out[k * n + l] += in[r * n + c] * std::polar(1 / real(n), sign * 2 * std::numbers::pi *
                                                                        real(k * r + l * c) / real(n));
  return out;
}

// |F(T_d P . R O)|^2 written down again from the conventions alone.
Image<float> naive_pattern(const Truth& truth, const Position& position) {
  const std::size_t n = truth.probe.rows();
  const double row = position.y_m / truth.pixel_m, col = position.x_m / truth.pixel_m;
  const double sub_row = row - std::round(row), sub_col = col - std::round(col);
  std::vector<Complex> wave(truth.probe.pixels().begin(), truth.probe.pixels().end());
  wave = dft(wave, n, -1);
  const auto f = [n](std::size_t k) { return (k < n / 2 ? real(k) : real(k) - real(n)) / real(n); };
  for (std::size_t k = 0; k < n; ++k)
    for (std::size_t l = 0; l < n; ++l)
      wave[k * n + l] *= std::polar(1.0, -2 * std::numbers::pi * (f(k) * sub_row + f(l) * sub_col));
  wave = dft(wave, n, 1);
  for (std::size_t r = 0; r < n; ++r)
    for (std::size_t c = 0; c < n; ++c) {
      const long object_row =
          std::lround(row) - static_cast<long>(n / 2) - truth.extent.row + static_cast<long>(r);
      const long object_col =
          std::lround(col) - static_cast<long>(n / 2) - truth.extent.col + static_cast<long>(c);
      wave[r * n + c] *= Complex(truth.object(object_row, object_col));
    }
  wave = dft(wave, n, -1);
  Image<float> pattern(Shape{n, n});
  for (std::size_t k = 0; k < n; ++k)
    for (std::size_t l = 0; l < n; ++l)
      pattern((k + n / 2) % n, (l + n / 2) % n) = static_cast<float>(std::norm(wave[k * n + l]));
  return pattern;
}

TEST(Simulator, ExpectedPatternsFollowTheForwardModelWithSubpixelShifts) {
  SimulatorOptions options = small();
  options.position_jitter_m = 0.05e-6;
  const Simulator simulator(options);
  for (const FrameId id : {0, 7, 12, 19}) {
    const Image<float> got = simulator.expected(id);
    const Image<float> right = naive_pattern(simulator.truth(), simulator.truth().positions[id]);
    for (std::size_t i = 0; i < got.size(); ++i)
      ASSERT_NEAR(got.data()[i], right.data()[i], 1e-5 * options.photons) << id << " pixel " << i;
  }
}

TEST(Simulator, PhotonsTimesTransmissionArrive) {
  Image<std::complex<float>> grey(Shape{64, 64}, std::polar(0.8F, 0.3F));
  SimulatorOptions options = small();
  options.object = grey;
  const Simulator simulator(options);
  EXPECT_NEAR(sum_of(simulator.expected(9)) / (0.64 * options.photons), 1, 1e-4);
  const std::vector<double> counts = counts_of(simulator.frame(9));
  const double total = std::accumulate(counts.begin(), counts.end(), 0.0);
  EXPECT_NEAR(total, 0.64e6, 5 * std::sqrt(0.64e6));
}

TEST(Simulator, AnEmptySampleLooksTheSameFromEverywhere) {
  SimulatorOptions options = small();
  options.sample = SampleKind::empty;
  options.position_jitter_m = 0.1e-6;
  const Simulator simulator(options);
  const Image<float> first = simulator.expected(0);
  for (FrameId id = 1; id < simulator.count(); ++id) {
    const Image<float> other = simulator.expected(id);
    for (std::size_t i = 0; i < first.size(); ++i) ASSERT_NEAR(other.data()[i], first.data()[i], 1.0) << id;
  }
}

TEST(Simulator, CountsArePoissonAboutTheExpectation) {
  SimulatorOptions options = small();
  options.sample = SampleKind::empty;
  options.photons = 2e4;
  options.grid = {20, 20, 0.1e-6, 0.1e-6, ScanOrder::raster};
  const Simulator simulator(options);
  const Image<float> mean = simulator.expected(0);
  double squares = 0, deviations = 0, pixels = 0;
  for (FrameId id = 0; id < simulator.count(); ++id) {
    const std::vector<double> counts = counts_of(simulator.frame(id));
    for (std::size_t i = 0; i < counts.size(); ++i) {
      const double m = mean.data()[i];
      if (m < 1) continue;
      squares += (counts[i] - m) * (counts[i] - m) / m;
      deviations += (counts[i] - m) / std::sqrt(m);
      pixels += 1;
    }
  }
  ASSERT_GT(pixels, 10000);
  EXPECT_NEAR(squares / pixels, 1, 5 * std::sqrt(3 / pixels));
  EXPECT_NEAR(deviations / pixels, 0, 5 / std::sqrt(pixels));
}

TEST(Simulator, AFrameDependsOnSeedAndIdAlone) {
  const Simulator a(small()), b(small());
  std::vector<Bytes> forward, backward(a.count()), threaded(a.count());
  for (FrameId id = 0; id < a.count(); ++id) forward.push_back(a.frame(id).payload);
  for (FrameId id = b.count(); id-- > 0;) backward[id] = b.frame(id).payload;
  {
    const auto half = [&](FrameId first) {
      for (FrameId id = first; id < a.count(); id += 2) threaded[id] = a.frame(id).payload;
    };
    const std::jthread odd(half, 1), even(half, 0);
  }
  EXPECT_EQ(forward, backward);
  EXPECT_EQ(forward, threaded);
  EXPECT_NE(forward[0], forward[1]);
  SimulatorOptions other = small();
  other.seed = 2;
  EXPECT_NE(Simulator(other).frame(0).payload, forward[0]);
}

TEST(Simulator, SmearIsTheIncoherentSumOfSubExposuresAlongX) {
  SimulatorOptions options = small();
  const double pixel = Simulator(options).truth().pixel_m;
  Image<std::complex<float>> object(Shape{40, 40}, 1.0F);
  for (std::size_t r = 15; r < 22; ++r)
    for (std::size_t c = 14; c < 20; ++c) object(r, c) = std::polar(0.9F, -1.0F);
  const auto shifted = [&](int cols) {
    Image<std::complex<float>> out(object.shape(), 1.0F);
    for (int r = 0; r < 40; ++r)
      for (int c = 3; c < 37; ++c) out(r, c - cols) = object(r, c);
    return out;
  };
  // One frame at (0, 0), three sub-exposures over three pixels: at -1, 0 and 1 pixel.
  options.grid = {1, 1, 3 * pixel, pixel, ScanOrder::raster};
  Image<float> right(Shape{16, 16});
  for (const int cols : {-1, 0, 1}) {
    options.object = shifted(cols);
    const Image<float> still = Simulator(options).expected(0);
    for (std::size_t i = 0; i < right.size(); ++i) right.data()[i] += still.data()[i] / 3;
  }
  options.object = object;
  const Image<float> without = Simulator(options).expected(0);
  options.sub_exposures = 3;
  const Image<float> smeared = Simulator(options).expected(0);
  double change = 0;
  for (std::size_t i = 0; i < right.size(); ++i) {
    ASSERT_NEAR(smeared.data()[i], right.data()[i], 3) << i;
    change = std::max(change, std::abs(double{smeared.data()[i]} - without.data()[i]));
  }
  EXPECT_GT(change, 100);
}

TEST(Simulator, DefaultsAreThePapersGeometry) {
  const Simulator simulator{SimulatorOptions{}};
  const Truth& truth = simulator.truth();
  // [Lin23]: 14.1 nm pixels at 256 x 256, twice that at 128 x 128; patches of 3.6 um; a beam of 1 um.
  EXPECT_NEAR(truth.pixel_m, 28.2e-9, 0.1e-9);
  EXPECT_NEAR(simulator.info().object_pixel_for(128), truth.pixel_m, 1e-15);
  double inside = 0, inner = 0;
  for (std::size_t r = 0; r < 128; ++r)
    for (std::size_t c = 0; c < 128; ++c) {
      const double distance = std::hypot(real(r) - 64, real(c) - 64) * truth.pixel_m;
      if (distance < 0.60e-6) inside += std::norm(truth.probe(r, c));
      if (distance < 0.30e-6) inner += std::norm(truth.probe(r, c));
    }
  EXPECT_GT(inside, 0.90e6);
  EXPECT_LT(inner, 0.60e6);
  EXPECT_EQ(simulator.info().n_expected, 48U * 64U);
  EXPECT_EQ(simulator.info().frame_shape, (Shape{128, 128}));
  EXPECT_EQ(simulator.info().uid, "sim-nanosheets-1");
  const Frame frame = simulator.frame(100);
  EXPECT_EQ(frame.id, 100U);
  EXPECT_EQ(frame.position, truth.positions[100]);
  EXPECT_FALSE(frame.monitor);
  EXPECT_EQ(frame.payload.size(), frame.decoded_bytes());
}

TEST(Simulator, DriftChangesTheLightAndTheMonitorTellsIt) {
  SimulatorOptions options = small();
  options.sample = SampleKind::empty;
  options.intensity_drift = -0.2;
  const Simulator simulator(options);
  EXPECT_NEAR(sum_of(simulator.expected(0)), 1e6, 100);
  EXPECT_NEAR(sum_of(simulator.expected(19)), 0.8e6, 100);
  EXPECT_NEAR(simulator.frame(19).monitor.value(), 0.8, 1e-12);
  options.monitor = MonitorReading::absent;
  EXPECT_FALSE(Simulator(options).frame(19).monitor);
}

TEST(Simulator, DarkFramesHoldStrayPhotonsOnly) {
  SimulatorOptions options = small();
  options.dark_frames = {7, 3};
  const Simulator dark(options);
  EXPECT_EQ(sum_of(dark.expected(3)), 0);
  EXPECT_EQ(sum_of(dark.expected(7)), 0);
  EXPECT_GT(sum_of(dark.expected(4)), 1e5);
  options.background = 2;
  EXPECT_EQ(sum_of(Simulator(options).expected(3)), 512);
}

TEST(Simulator, CountsSaturateBelowTheFlagValues) {
  SimulatorOptions options = small();
  options.dtype = Dtype::u8;
  const std::vector<double> counts = counts_of(Simulator(options).frame(0));
  EXPECT_EQ(*std::max_element(counts.begin(), counts.end()), 253);
}

TEST(Simulator, AUsersObjectIsCentredInVacuum) {
  SimulatorOptions options = small();
  options.object = Image<std::complex<float>>(Shape{3, 5}, 0.5F);
  const Simulator simulator(options);
  const Truth& truth = simulator.truth();
  const auto row = static_cast<std::size_t>(-truth.extent.row),
             col = static_cast<std::size_t>(-truth.extent.col);
  EXPECT_EQ(truth.object(row - 1, col - 2), 0.5F);
  EXPECT_EQ(truth.object(row + 1, col + 2), 0.5F);
  EXPECT_EQ(truth.object(row + 2, col), 1.0F);
  EXPECT_EQ(truth.object(row, col - 3), 1.0F);
}

TEST(Simulator, AStageSentToAPlaceOfThePlanSeesWhatThePlanSees) {
  SimulatorOptions options = small();
  const Simulator steady(options);
  const Position place = steady.truth().positions[3];
  const Frame planned = steady.frame(3), sent = steady.frame_at(3, place);
  EXPECT_EQ(sent.position, planned.position);
  EXPECT_EQ(sent.payload, planned.payload);
  // Beyond the field it stands at its edge; beyond the plan ids go on.
  const Frame far = steady.frame_at(options.grid.count() + 5, {1, -1});
  EXPECT_EQ(far.position->x_m, steady.truth().positions.back().x_m);
  EXPECT_EQ(far.position->y_m, steady.truth().positions.front().y_m);
  options.position_jitter_m = 1e-8;
  const Simulator unsteady(options);
  const Frame there = unsteady.frame_at(3, {0, 0}), again = unsteady.frame_at(4, {0, 0});
  EXPECT_NE(there.position->x_m, again.position->x_m);
  EXPECT_NEAR(there.position->x_m, 0, 6e-8);
}

TEST(Simulator, RefusesWhatIsNoExperiment) {
  const auto broken = [](auto change) {
    SimulatorOptions options = small();
    change(options);
    return options;
  };
  EXPECT_THROW(Simulator(broken([](auto& o) { o.pattern = 15; })), InputError);
  EXPECT_THROW(Simulator(broken([](auto& o) { o.grid.rows = 0; })), InputError);
  EXPECT_THROW(Simulator(broken([](auto& o) { o.energy_ev = 0; })), InputError);
  EXPECT_THROW(Simulator(broken([](auto& o) { o.photons = -1; })), InputError);
  EXPECT_THROW(Simulator(broken([](auto& o) { o.photons = std::nan(""); })), InputError);
  EXPECT_THROW(Simulator(broken([](auto& o) { o.sub_exposures = 0; })), InputError);
  EXPECT_THROW(Simulator(broken([](auto& o) { o.grid.step_x_m = 1; })), InputError);
  EXPECT_THROW(Simulator(broken([](auto& o) { o.zone_plate.outer_zone_width_m = 1e-9; })), InputError);
}

}  // namespace
}  // namespace ptero::synth
