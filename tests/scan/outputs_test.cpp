#include <gtest/gtest.h>
#include <hdf5.h>

#include <filesystem>
#include <ptero/product/product.hpp>
#include <ptero/scan/reconstruction_outputs.hpp>

namespace ptero::scan {
namespace {

constexpr std::size_t n = 16;

/// A phase slope over a flat object, a probe, one variation, three patterns.
Finished finished(double slope) {
  Finished out;
  out.info.uid = "outputs";
  out.info.wavelength_m = 1e-10;
  ptycho::Snapshot& shot = out.snapshot;
  shot.pixel_m = 1e-8;
  shot.object = Image<ptycho::Complex>(Shape{24, 32});
  for (std::size_t r = 0; r < 24; ++r)
    for (std::size_t c = 0; c < 32; ++c)
      shot.object(r, c) = ptycho::Complex(std::polar(1.0, 0.5 + slope * double(c) - 2 * slope * double(r)));
  shot.coverage = Image<float>(shot.object.shape(), 1.0F);
  shot.probe = Image<ptycho::Complex>(Shape{n, n}, 2.0F);
  shot.modes = {shot.probe};
  shot.variations = {Image<ptycho::Complex>(Shape{n, n}, 1.0F)};
  for (FrameId id = 0; id < 3; ++id) shot.patterns.push_back({id, {}, {1.0F, 0.25F * float(id)}, 1});
  shot.frames = 3;
  return out;
}

std::filesystem::path folder(const char* name) {
  return std::filesystem::path(testing::TempDir()) / "ptero-outputs" / name;
}

// ptychodus reads one place and writes the other.
TEST(Outputs, WeightsOfVariationsAreInBothPlaces) {
  write_reconstruction(folder("opr"), finished(0));
  const hid_t file = H5Fopen((folder("opr") / "product.h5").c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  ASSERT_GE(file, 0);
  const hid_t probe = H5Dopen2(file, "probe", H5P_DEFAULT), set = H5Dopen2(file, "opr_weights", H5P_DEFAULT);
  const hid_t attribute = H5Aopen(probe, "opr_weights", H5P_DEFAULT);
  ASSERT_GE(set, 0);
  ASSERT_GE(attribute, 0);
  std::array<double, 6> of_set{}, of_attribute{};
  EXPECT_GE(H5Dread(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, of_set.data()), 0);
  EXPECT_GE(H5Aread(attribute, H5T_NATIVE_DOUBLE, of_attribute.data()), 0);
  EXPECT_EQ(of_set, (std::array<double, 6>{1, 0, 1, 0.25, 1, 0.5}));
  EXPECT_EQ(of_attribute, of_set);
  H5Aclose(attribute);
  H5Dclose(set);
  H5Dclose(probe);
  H5Fclose(file);
}

TEST(Outputs, TheSlopeOfThePhaseGoesIntoTheProbe) {
  const double slope = 0.1;
  Finished given = finished(slope);
  write_reconstruction(folder("ramp"), given);
  const auto product = product::read_product(folder("ramp") / "product.h5");
  for (const auto& o : product.object[0].pixels()) EXPECT_NEAR(std::arg(o), 0, 1e-3);
  // P O keeps its modulus and its slope: only a constant phase is lost.
  EXPECT_NEAR(std::arg(product.probe[0](3, 4) / product.probe[0](3, 3)), slope, 1e-3);
  EXPECT_NEAR(std::arg(product.probe[0](4, 3) / product.probe[0](3, 3)), -2 * slope, 1e-3);
  given.remove_ramp = false;
  write_reconstruction(folder("ramp"), given);
  const auto kept = product::read_product(folder("ramp") / "product.h5");
  EXPECT_NEAR(std::arg(kept.object[0](3, 4) / kept.object[0](3, 3)), slope, 1e-3);
  EXPECT_EQ(kept.probe[0](3, 4), kept.probe[0](3, 3));
}

}  // namespace
}  // namespace ptero::scan
