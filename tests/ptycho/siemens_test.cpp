#include <fstream>
#include <optional>
#include <ptero/ptycho/reconstruction.hpp>
#include <ptero/ptycho/trials.hpp>

#include "recorded.hpp"

namespace ptero::ptycho {
namespace {

// For a look at the result: PTERO_KEEP names a folder for phase.pgm.
void keep_phase(const Image<Complex>& object) {
  const char* folder = std::getenv("PTERO_KEEP");
  if (folder == nullptr) return;
  std::ofstream out(std::filesystem::path(folder) / "phase.pgm", std::ios::binary);
  out << "P5\n" << object.cols() << ' ' << object.rows() << "\n255\n";
  for (const Complex& o : object.pixels()) out.put(char(std::clamp(128 + std::arg(o) * 40, 0.0F, 255.0F)));
}

constexpr std::size_t count = 516, n = 128;

struct Data {
  std::vector<std::uint16_t> patterns;
  std::vector<float> positions;
  Image<Complex> probe;
};

std::optional<Data> siemens_star() {
  const auto path = data_folder() / "siemens-star-aps/siemens-star-small.h5";
  if (!std::filesystem::exists(path)) return std::nullopt;
  const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  const hid_t complex_type = H5Tcreate(H5T_COMPOUND, sizeof(Complex));
  H5Tinsert(complex_type, "r", 0, H5T_NATIVE_FLOAT);
  H5Tinsert(complex_type, "i", sizeof(float), H5T_NATIVE_FLOAT);
  Data data{read<std::uint16_t>(file, "patterns", H5T_NATIVE_UINT16, count * n * n),
            read<float>(file, "positions_px", H5T_NATIVE_FLOAT, count * 2),
            Image<Complex>(Shape{n, n}, read<Complex>(file, "probe", complex_type, n * n))};
  H5Tclose(complex_type);
  H5Fclose(file);
  return data;
}

/// Amplitude errors, one an epoch.
std::vector<double> reconstruct(const Data& data, ReconstructionOptions options, int epochs) {
  options.pixel_m = 1;
  options.intake = {.n = n, .centre_row = 64, .centre_col = 64};
  options.probe = data.probe;
  Reconstruction reconstruction(options);
  for (std::size_t i = 0; i < count; ++i) {
    const auto bytes = std::as_bytes(std::span(data.patterns)).subspan(i * n * n * 2, n * n * 2);
    EXPECT_TRUE(reconstruction.add_frame(i, {bytes, {n, n}, Dtype::u16},
                                         {.x_m = data.positions[2 * i + 1], .y_m = data.positions[2 * i]}));
  }
  for (int epoch = 0; epoch < epochs; ++epoch) {
    const RunReport report = reconstruction.run_epoch();
    EXPECT_EQ(report.status, RunStatus::ok);
    if (std::getenv("PTERO_KEEP") != nullptr) std::printf("%d %.5f\n", epoch, report.amplitude_error);
  }
  keep_phase(reconstruction.snapshot().object);
  return reconstruction.snapshot().errors;
}

TEST(SiemensStar, ReachesTheAmplitudeErrorOfTheReferenceWithOneMode) {
  const auto data = siemens_star();
  if (!data) GTEST_SKIP() << "no Siemens star in " << data_folder() << ": set PTERO_DATA";
  EXPECT_LE(reconstruct(*data, {}, 40).back(), 0.013);
}

TEST(SiemensStar, AndOfTwoModes) {
  const auto data = siemens_star();
  if (!data) GTEST_SKIP() << "no Siemens star in " << data_folder() << ": set PTERO_DATA";
  EXPECT_LE(reconstruct(*data, {.modes = {.count = 2}}, 40).back(), 0.010);
}

TEST(SiemensStar, TheRightAxesRankFirst) {
  const auto data = siemens_star();
  if (!data) GTEST_SKIP() << "no Siemens star in " << data_folder() << ": set PTERO_DATA";
  ReconstructionOptions options{.pixel_m = 1};
  options.intake = {.n = n, .centre_row = 64, .centre_col = 64};
  options.probe = data->probe;
  options.subpixel = false;
  std::vector<Pattern> patterns;
  std::vector<Exposure> exposures;
  for (std::size_t i = 0; i < count; ++i) {
    const auto bytes = std::as_bytes(std::span(data->patterns)).subspan(i * n * n * 2, n * n * 2);
    patterns.push_back(*make_pattern({bytes, {n, n}, Dtype::u16}, options.intake));
  }
  for (std::size_t i = 0; i < count; ++i)
    exposures.push_back({&patterns[i], {.x_m = data->positions[2 * i + 1], .y_m = data->positions[2 * i]}});
  const auto ranks = rank_axes(options, neighbours(exposures, 200), 10);
  for (const AxesTrial& t : ranks)
    if (std::getenv("PTERO_KEEP") != nullptr)
      std::printf("%d %+.0f %+.0f %.5f\n", t.swap ? 1 : 0, t.sign_x, t.sign_y, t.error);
  EXPECT_FALSE(ranks[0].swap);
  EXPECT_EQ(ranks[0].sign_x, 1);
  EXPECT_EQ(ranks[0].sign_y, 1);
  EXPECT_GT(ranks[1].error, 1.5 * ranks[0].error);
}

}  // namespace
}  // namespace ptero::ptycho
