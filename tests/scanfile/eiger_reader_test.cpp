#include "reader_fixture.hpp"

namespace ptero::scanfile {
namespace {

/// A master file and three data files of 4, 4 and 2 frames; the master plans for a fourth.
class Eiger : public Reader {
 protected:
  void SetUp() override {
    Reader::SetUp();
    const std::string said = run_python(
        "import os\n"
        "h = h5py.File(f, 'w'); g = h.create_group('entry/data'); n = 0\n"
        "for k, rows in enumerate([4, 4, 2]):\n"
        "  name = 'scan_data_%06d.h5' % (k + 1)\n"
        "  with h5py.File(os.path.join(os.path.dirname(f), name), 'w') as d:\n"
        "    d['entry/data/data'] = np.stack([np.full((3, 4), 10 * (n + i), 'u2') for i in range(rows)])\n"
        "  n += rows\n"
        "for k in range(4): g['data_%06d' % (k + 1)] = h5py.ExternalLink('scan_data_%06d.h5' % (k + 1), "
        "'entry/data/data')\n"
        "d = h.create_group('entry/instrument/detector'); d['x_pixel_size'] = 75e-6; d['y_pixel_size'] = "
        "75e-6\n"
        "d['detector_distance'] = 1850.0; d['detector_distance'].attrs['units'] = 'mm'\n"
        "d['beam_center_x'] = 2.0; d['beam_center_y'] = 1.0\n"
        "m = np.zeros((3, 4), 'u4'); m[0, 1] = 1; m[2, 3] = 1 << 31; d['detectorSpecific/pixel_mask'] = m\n"
        "h['entry/instrument/beam/incident_wavelength'] = 1.5\n"
        "h['entry/instrument/beam/incident_wavelength'].attrs['units'] = 'angstrom'\n"
        "h['xy'] = np.stack([np.arange(10) * 1e-6, np.zeros(10)], 1)",
        path.string());
    ASSERT_EQ(said, "");
  }
};

TEST_F(Eiger, TheDataFilesOfTheMasterAreOneSeries) {
  const SeriesReader reader(path, {.positions = "xy"});
  ASSERT_EQ(reader.size(), 10u);
  for (std::uint64_t i = 0; i < 10; ++i) EXPECT_EQ(values_of<std::uint16_t>(reader.frame(i))[5], 10 * i);
  EXPECT_EQ(reader.frame(8).position, (Position{8e-6, 0}));
  EXPECT_EQ(reader.info().frame_shape, (Shape{3, 4}));
  EXPECT_DOUBLE_EQ(reader.info().distance_m, 1.85);
  EXPECT_DOUBLE_EQ(reader.info().wavelength_m, 1.5e-10);
  EXPECT_EQ(reader.info().detector_pixel_m, 75e-6);
  EXPECT_EQ(reader.info().centre_row, 1);
  EXPECT_EQ(reader.info().centre_col, 2);
  EXPECT_EQ(reader.info().mask, (std::vector<std::uint8_t>{0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}));
  ASSERT_EQ(reader.warnings().size(), 1u);
  EXPECT_NE(reader.warnings()[0].sentence.find("from scan_data_000004.h5 on are not there"),
            std::string::npos);
  const SeriesReader some(path, {.positions = "none", .frames = {{3, 9}}});
  EXPECT_EQ(values_of<std::uint16_t>(some.frame(1))[0], 40);
}

TEST_F(Eiger, FramesOfAFileThatIsGoneAreMissingAndKeepTheirNumbers) {
  std::filesystem::remove(scratch / "scan_data_000002.h5");
  const SeriesReader reader(path, {.positions = "xy"});
  ASSERT_EQ(reader.size(), 10u);
  EXPECT_TRUE(reader.present(3));
  EXPECT_EQ(reader.absence(4), Absence::source_gone);
  EXPECT_EQ(reader.absent(), (std::map<Absence, std::uint64_t>{{Absence::source_gone, 4}}));
  EXPECT_EQ(values_of<std::uint16_t>(reader.frame(8))[5], 80);
  std::filesystem::remove(scratch / "scan_data_000003.h5");
  EXPECT_EQ(SeriesReader(path, {.positions = "none"}).size(), 4u);
  std::filesystem::remove(scratch / "scan_data_000001.h5");
  EXPECT_EQ(
      refusal({.positions = "xy"}),
      "the data file scan_data_000001.h5 of FILE cannot be opened; put the data files beside the master "
      "file");
}

TEST_F(Eiger, LinksAreSortedAsPeopleNumber) {
  const std::string said = run_python(
      "h = h5py.File(f, 'w')\n"
      "for k in range(1, 12): h['entry/data/data_%d' % k] = np.full((1, 2, 2), k, 'u2')",
      path.string());
  ASSERT_EQ(said, "");
  const SeriesReader reader(path, {.positions = "none"});
  for (std::uint64_t i = 0; i < 11; ++i) EXPECT_EQ(values_of<std::uint16_t>(reader.frame(i))[0], i + 1);
}

TEST_F(Eiger, DataFilesOfAnotherShapeAreRefused) {
  ASSERT_EQ(run_python("h5py.File(f, 'w')['entry/data/data'] = np.zeros((2, 3, 5), 'u2')",
                       (scratch / "scan_data_000002.h5").string()),
            "");
  EXPECT_NE(refusal({.positions = "none"}).find("all frames of a series need one shape and type"),
            std::string::npos);
}

}  // namespace
}  // namespace ptero::scanfile
