// The recorded rotavirus cut-out: real background, film, ice and particles.

#include <gtest/gtest.h>
#include <hdf5.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <ptero/roi/batch.hpp>
#include <string>

namespace ptero::roi {
namespace {

constexpr Shape shape{256, 256};
constexpr std::size_t frames = 2304;

std::string data_file() {
  const char* folder = std::getenv("PTERO_DATA");
  return std::string(folder ? folder : "../shared/data") +
         "/rotavirus-cryo-ptycho/subscan_A_rows048-095_cols028-075_u8.h5";
}

FeatureTable features_of(const std::string& path, int segments) {
  FeatureTable table;
  const FeatureExtractor extractor(shape, Dtype::u8, {126, 128.2}, segments);
  std::vector<std::byte> pixels(shape.count());
  const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  const hid_t dataset = H5Dopen2(file, "dp", H5P_DEFAULT);
  const hid_t space = H5Dget_space(dataset);
  const hsize_t count[3] = {1, shape.rows, shape.cols};
  const hid_t memory = H5Screate_simple(3, count, nullptr);
  for (hsize_t id = 0; id < frames; ++id) {
    const hsize_t start[3] = {id, 0, 0};
    H5Sselect_hyperslab(space, H5S_SELECT_SET, start, nullptr, count, nullptr);
    if (H5Dread(dataset, H5T_NATIVE_UINT8, memory, space, H5P_DEFAULT, pixels.data()) < 0) break;
    table.add({.id = id, .features = extractor.extract(pixels)});
  }
  H5Sclose(memory);
  H5Sclose(space);
  H5Dclose(dataset);
  H5Fclose(file);
  return table;
}

/// What the reference in numpy says; empty without Python, numpy or h5py.
std::string reference(const std::string& path, int segments) {
  std::string labels;
  // Debian's own Python besides, where another comes first in PATH.
  for (const std::string python : {"python3", "/usr/bin/python3"}) {
    const std::string command = python + " tests/roi/paper_reference.py '" + path + "' dp 48 48 126 128.2 " +
                                std::to_string(segments) + " 2>/dev/null | tail -1";
    if (FILE* pipe = popen(command.c_str(), "r")) {
      char buffer[4096];
      while (std::fgets(buffer, sizeof buffer, pipe)) labels += buffer;
      pclose(pipe);
    }
    while (!labels.empty() && labels.back() == '\n') labels.pop_back();
    if (!labels.empty()) break;
  }
  return labels;
}

class Rotavirus : public testing::TestWithParam<int> {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(data_file())) GTEST_SKIP() << "no " << data_file() << "; set PTERO_DATA";
  }
  const ScanLayout layout = ScanLayout::raster({.rows = 48, .cols = 48});
};

TEST_P(Rotavirus, PaperKeepsTheSameFramesAsTheReference) {
  const int segments = GetParam();
  const FeatureTable table = features_of(data_file(), segments);
  ASSERT_EQ(table.size(), frames);
  const Classification result = classify(table, layout, {.mode = Mode::paper, .segments = segments});
  EXPECT_EQ(result.count(Label::selected), segments == 1 ? 1378u : 1752u);
  EXPECT_NEAR(result.fraction, segments == 1 ? 0.598 : 0.760, 5e-4);

  std::string labels;
  for (Label label : result.labels) labels += label == Label::selected ? '1' : '0';
  const std::string expected = reference(data_file(), segments);
  if (expected.empty()) GTEST_SKIP() << "frame by frame not compared: needs python3 with numpy and h5py";
  EXPECT_EQ(labels, expected);
}

TEST_P(Rotavirus, RobustKeepsFilmAndParticlesAndNoIce) {
  const int segments = GetParam();
  const FeatureTable table = features_of(data_file(), segments);
  // The truth: three clusters of T of the whole pattern.
  const Classification result = classify(table, layout, {.segments = segments, .clusters = 3});
  std::array<double, 3> kept{}, all{};
  for (std::size_t i = 0; i < frames; ++i) {
    ++all[result.clusters[i]];
    kept[result.clusters[i]] += result.labels[i] == Label::selected;
  }
  EXPECT_FALSE(result.no_contrast);
  EXPECT_GE(kept[0] / all[0], 0.99) << "film";
  EXPECT_GE(kept[1] / all[1], 0.99) << "particles";
  EXPECT_LE(kept[2] / all[2], 0.02) << "ice";
  RecordProperty("kept", std::to_string(kept[0] / all[0]) + ' ' + std::to_string(kept[1] / all[1]) + ' ' +
                             std::to_string(kept[2] / all[2]));
}

INSTANTIATE_TEST_SUITE_P(Segments, Rotavirus, testing::Values(1, 8));

}  // namespace
}  // namespace ptero::roi
