#include <gtest/gtest.h>
#include <hdf5.h>

#include <cstdio>
#include <filesystem>
#include <map>
#include <ptero/image/png.hpp>
#include <ptero/image/tiff.hpp>
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

std::map<std::string, std::string> by_name(const image::Notes& notes) {
  return {notes.begin(), notes.end()};
}

TEST(Outputs, PicturesSayWhatTheyShow) {
  Finished given = finished(0);
  given.snapshot.epochs = 12;
  given.options = SolverOptions::declared().values(SolverOptions{});
  // Nothing in the first two rows and the first five columns is lit.
  for (std::size_t r = 0; r < 24; ++r)
    for (std::size_t c = 0; c < 32; ++c)
      if (r < 2 || c < 5) given.snapshot.coverage(r, c) = 0;
  given.snapshot.centre = {1e-6, 2e-6};
  write_reconstruction(folder("notes"), given);
  for (const char* name : {"phase.png", "amplitude.png", "probe.png"}) {
    const auto notes = by_name(image::read_png_notes(folder("notes") / name));
    EXPECT_EQ(notes.at("series"), "outputs") << name;
    EXPECT_EQ(notes.at("frames"), "3") << name;
    EXPECT_EQ(notes.at("iteration"), "12") << name;
    EXPECT_EQ(notes.at("pixel size"), "1e-08 m") << name;
  }
  const auto notes = by_name(image::read_tiff_notes(folder("notes") / "phase.tiff"));
  EXPECT_EQ(notes.at("unit"), "rad");
  EXPECT_EQ(notes.at("offset"), "row 2, column 5 of the object");
  double x = 0, y = 0;
  ASSERT_EQ(std::sscanf(notes.at("first pixel").c_str(), "x %lf m, y %lf m", &x, &y), 2);
  EXPECT_NEAR(x, 1e-6 + (5 - 16) * 1e-8, 1e-15);
  EXPECT_NEAR(y, 2e-6 + (2 - 12) * 1e-8, 1e-15);
  const auto product = product::read_product(folder("notes") / "product.h5");
  EXPECT_EQ(product.options.size(), given.options.size());
  EXPECT_EQ(product.options_hash, notes.at("options hash"));
  // Other options, another hash.
  SolverOptions others;
  others.epochs += 1;
  given.options = SolverOptions::declared().values(others);
  write_reconstruction(folder("notes"), given);
  EXPECT_NE(by_name(image::read_png_notes(folder("notes") / "phase.png")).at("options hash"),
            product.options_hash);
}

TEST(Outputs, PicturesOfAScanInPixelsNameNoMetre) {
  Finished given = finished(0);
  given.info.object_pixel_m = 1;
  given.snapshot.pixel_m = 1;
  write_reconstruction(folder("pixels"), given);
  const auto notes = by_name(image::read_tiff_notes(folder("pixels") / "amplitude.tiff"));
  EXPECT_EQ(notes.at("pixel size"), "not known");
  EXPECT_EQ(notes.at("first pixel"), "x -16 px, y -12 px");
}

TEST(Outputs, ThePictureOfTheProbeGrowsWithItsModes) {
  Finished given = finished(0);
  write_reconstruction(folder("modes"), given);
  const auto one = image::read_png(folder("modes") / "probe.png").shape();  // and a variation
  given.snapshot.modes.push_back(Image<ptycho::Complex>(Shape{n, n}, 0.5F));
  write_reconstruction(folder("modes"), given);
  const auto two = image::read_png(folder("modes") / "probe.png").shape();
  EXPECT_GT(two.cols, one.cols + 300);
  EXPECT_EQ(two.rows, one.rows);
}

}  // namespace
}  // namespace ptero::scan
