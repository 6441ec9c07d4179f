// Recorded scans: the rotavirus cut-out (film, ice and particles) and a near-field scan with nothing to find.

#include <gtest/gtest.h>
#include <hdf5.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <ptero/roi/batch.hpp>
#include <string>

#include "support/python.hpp"

namespace ptero::roi {
namespace {

constexpr Shape shape{256, 256};
constexpr std::size_t frames = 2304;

std::string data(const std::string& name) {
  const char* folder = std::getenv("PTERO_DATA");
  return std::string(folder ? folder : "../shared/data") + "/" + name;
}

std::string data_file() {
  return data("rotavirus-cryo-ptycho/subscan_A_rows048-095_cols028-075_u8.h5");
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
  SKIP_WITHOUT_PYTHON(!expected.empty(), "python3 with numpy and h5py, to compare frame by frame");
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

template <class T>
std::vector<T> read_all(hid_t file, const char* path, hid_t type, std::size_t count) {
  std::vector<T> values(count);
  const hid_t dataset = H5Dopen2(file, path, H5P_DEFAULT);
  EXPECT_GE(H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), 0) << path;
  H5Dclose(dataset);
  return values;
}

TEST(Petra, NothingToFindSelectsEverythingAndSaysSo) {
  const std::string path = data("petra-p25-nearfield/PETRAIII_P25_Near_Field_Ptycho.cxi");
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "no " << path << "; set PTERO_DATA";
  constexpr Shape small{100, 100};
  const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  const auto pixels = read_all<std::uint32_t>(file, "entry_1/instrument_1/detector_1/data", H5T_NATIVE_UINT32,
                                              200 * small.count());
  const auto bad =
      read_all<std::uint32_t>(file, "entry_1/instrument_1/detector_1/mask", H5T_NATIVE_UINT32, small.count());
  const auto moved =
      read_all<double>(file, "entry_1/sample_1/geometry_1/translation", H5T_NATIVE_DOUBLE, 600);
  H5Fclose(file);
  const std::vector<std::uint8_t> mask(bad.begin(), bad.end());

  for (int segments : {1, 8, 40}) {
    const FeatureExtractor extractor(small, Dtype::u32, {49.5, 49.5}, segments, mask);
    FeatureTable table;
    for (std::size_t i = 0; i < 200; ++i)
      table.add({.id = i,
                 .position = Position{moved[3 * i], moved[3 * i + 1]},
                 .features = extractor.extract(
                     std::as_bytes(std::span(pixels).subspan(i * small.count(), small.count())))});
    const Classification result = classify(table, ScanLayout::scattered(), {.segments = segments});
    EXPECT_TRUE(result.no_contrast) << segments << " segments keep " << result.cuts[0].votes << " by T and "
                                    << result.cuts[1].votes << " by scattering";
    EXPECT_EQ(result.fraction, 1);
  }
}

}  // namespace
}  // namespace ptero::roi
