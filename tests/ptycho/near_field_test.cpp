// A near-field scan recorded at PETRA III, 3.65 mm behind the focus.
#include <ptero/ptycho/reconstruction.hpp>

#include "recorded.hpp"

namespace ptero::ptycho {
namespace {

constexpr std::size_t count = 200, n = 100;

TEST(RecordedNearField, TheRecordedSignsFitAndTheNearFieldIsNeeded) {
  const auto path = data_folder() / "petra-p25-nearfield/PETRAIII_P25_Near_Field_Ptycho.cxi";
  if (!std::filesystem::exists(path))
    GTEST_SKIP() << "no near-field scan in " << data_folder() << ": set PTERO_DATA";
  const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  const auto counts =
      read<std::uint32_t>(file, "/entry_1/instrument_1/detector_1/data", H5T_NATIVE_UINT32, count * n * n);
  const auto mask =
      read<std::uint32_t>(file, "/entry_1/instrument_1/detector_1/mask", H5T_NATIVE_UINT32, n * n);
  const auto places =
      read<double>(file, "/entry_1/sample_1/geometry_1/translation", H5T_NATIVE_DOUBLE, count * 3);
  H5Fclose(file);

  const auto error_after = [&](const NearField& near, double sign) {
    ReconstructionOptions options{
        .pixel_m = near.pixel_m, .wavelength_m = 1.23984e-6 / 12658, .near_field_m = near.distance_m};
    options.intake = {.n = n, .centre_row = n / 2, .centre_col = n / 2};
    for (const std::uint32_t bad : mask) options.intake.mask.push_back(bad != 0);
    Reconstruction reconstruction(options);
    for (std::size_t i = 0; i < count; ++i) {
      const auto bytes = std::as_bytes(std::span(counts)).subspan(i * n * n * 4, n * n * 4);
      EXPECT_TRUE(reconstruction.add_frame(i, {bytes, {n, n}, Dtype::u32},
                                           {.x_m = sign * places[3 * i], .y_m = sign * places[3 * i + 1]}));
    }
    for (int epoch = 0; epoch < 15; ++epoch) EXPECT_EQ(reconstruction.run_epoch().status, RunStatus::ok);
    return reconstruction.evaluate();
  };
  const NearField near = near_field_of(1.12, 55e-6, 3.65e-3);
  const double right = error_after(near, 1);
  EXPECT_LT(right, 0.0125);
  EXPECT_GT(error_after(near, -1), 1.5 * right);
  // As if the detector were in the far field, with the pixel that would follow.
  EXPECT_GT(error_after({0, 1.9946e-8}, 1), 1.3 * right);
}

}  // namespace
}  // namespace ptero::ptycho
