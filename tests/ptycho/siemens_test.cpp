#include <gtest/gtest.h>
#include <hdf5.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <ptero/ptycho/reconstruction.hpp>

namespace ptero::ptycho {
namespace {

std::filesystem::path data_folder() {
  const char* given = std::getenv("PTERO_DATA");
  return given != nullptr ? given : "../shared/data";
}

template <class T>
std::vector<T> read(hid_t file, const char* name, hid_t type, std::size_t count) {
  std::vector<T> values(count);
  const hid_t set = H5Dopen2(file, name, H5P_DEFAULT);
  EXPECT_GE(H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), 0);
  H5Dclose(set);
  return values;
}

// For a look at the result: PTERO_KEEP names a folder for phase.pgm.
void keep_phase(const Image<Complex>& object) {
  const char* folder = std::getenv("PTERO_KEEP");
  if (folder == nullptr) return;
  std::ofstream out(std::filesystem::path(folder) / "phase.pgm", std::ios::binary);
  out << "P5\n" << object.cols() << ' ' << object.rows() << "\n255\n";
  for (const Complex& o : object.pixels()) out.put(char(std::clamp(128 + std::arg(o) * 40, 0.0F, 255.0F)));
}

TEST(SiemensStar, ReachesTheAmplitudeErrorOfTheReferenceInFortyEpochs) {
  const auto path = data_folder() / "siemens-star-aps/siemens-star-small.h5";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "no " << path << ": set PTERO_DATA";
  constexpr std::size_t count = 516, n = 128;
  const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  ASSERT_GE(file, 0);
  const auto patterns = read<std::uint16_t>(file, "patterns", H5T_NATIVE_UINT16, count * n * n);
  const auto positions = read<float>(file, "positions_px", H5T_NATIVE_FLOAT, count * 2);
  const hid_t complex_type = H5Tcreate(H5T_COMPOUND, sizeof(Complex));
  H5Tinsert(complex_type, "r", 0, H5T_NATIVE_FLOAT);
  H5Tinsert(complex_type, "i", sizeof(float), H5T_NATIVE_FLOAT);
  auto probe = read<Complex>(file, "probe", complex_type, n * n);
  H5Tclose(complex_type);
  H5Fclose(file);

  ReconstructionOptions options{.pixel_m = 1};
  options.intake = {.n = n, .centre_row = 64, .centre_col = 64};
  options.probe = Image<Complex>(Shape{n, n}, std::move(probe));
  Reconstruction reconstruction(options);
  for (std::size_t i = 0; i < count; ++i) {
    const auto bytes = std::as_bytes(std::span(patterns)).subspan(i * n * n * 2, n * n * 2);
    ASSERT_TRUE(reconstruction.add_frame(i, {bytes, {n, n}, Dtype::u16},
                                         {.x_m = positions[2 * i + 1], .y_m = positions[2 * i]}));
  }
  double error = 1;
  for (int epoch = 0; epoch < 40; ++epoch) {
    const RunReport report = reconstruction.run_epoch();
    ASSERT_EQ(report.status, RunStatus::ok);
    error = report.amplitude_error;
    if (std::getenv("PTERO_KEEP") != nullptr) std::printf("%d %.5f\n", epoch, error);
  }
  EXPECT_LE(error, 0.015);
  keep_phase(reconstruction.snapshot().object);
}

}  // namespace
}  // namespace ptero::ptycho
