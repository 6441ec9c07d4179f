#include "reader_fixture.hpp"

namespace ptero::scanfile {
namespace {

TEST_F(Reader, CxiAsPynxWritesIt) {
  make(
      "d = h.create_group('entry_1/instrument_1/detector_1'); d['data'] = np.ones((7, 4, 4), 'f4')\n"
      "d['x_pixel_size'] = 55e-6; d['y_pixel_size'] = 55e-6; d['distance'] = 1.5\n"
      "d['mask'] = np.array([[0, 1, 0x1000, 0]] * 4, 'u4')\n"
      "h['entry_1/instrument_1/source_1/energy'] = 1.98644586e-25 / 1e-10\n"
      "h['entry_1/sample_1/geometry_1/translation'] = np.array([np.arange(7), np.arange(7) * 2, "
      "np.zeros(7)]) * 1e-6\n"
      "h['entry_1/data_1/data'] = h5py.SoftLink('/entry_1/instrument_1/detector_1/data')\n"
      "h['entry_1/instrument_1/source_1/illumination'] = np.full((2, 4, 4), 1 + 2j, 'c16')");
  const SeriesReader reader(path);
  EXPECT_DOUBLE_EQ(reader.positions()[6]->y_m, 12e-6);
  EXPECT_NEAR(reader.info().wavelength_m, 1e-10, 1e-17);
  EXPECT_EQ(reader.info().mask[1], 1);
  EXPECT_EQ(reader.info().mask[2], 0);  // "has signal" is good
  ASSERT_EQ(reader.probe().size(), 2u);
  EXPECT_EQ(reader.probe()[1](3, 3), std::complex<float>(1, 2));
  EXPECT_NEAR(SeriesReader(path, {.energy_ev = 12398.4198433}).info().wavelength_m, 1e-10, 1e-18);
}

TEST_F(Reader, CxiAsCdtoolsWritesIt) {
  make(
      "d = h.create_group('entry_1/instrument_1/detector_1'); d['data'] = np.ones((5, 4, 4), 'u2')\n"
      "d['basis_vectors'] = np.array([[0, -30e-6], [-20e-6, 0], [0, 0]]); d['corner_position'] = [1e-3, "
      "1e-3, 0.7]\n"
      "d['mask'] = np.array([[0, 0x1001, 0x1000, 4]] * 4, 'u4')\n"
      "s = h.create_group('entry_1/instrument_1/source_1'); s['energy'] = 1.0e-16; s['wavelength'] = 1e-9\n"
      "t = np.stack([np.arange(5) * -1e-6, np.arange(5) * 3e-6, np.zeros(5)], 1)\n"
      "h['entry_1/sample_1/geometry_1/translation'] = t\n"
      "h['entry_1/data_1/translation'] = h5py.SoftLink('/entry_1/sample_1/geometry_1/translation')\n"
      "h['entry_1/data_1/data'] = h5py.SoftLink('/entry_1/instrument_1/detector_1/data')");
  const SeriesReader reader(path, {.position_sign = {-1, -1}});  // the sample moves, the probe does not
  EXPECT_EQ(reader.positions()[2], (Position{2e-6, -6e-6}));
  EXPECT_EQ(reader.info().wavelength_m, 1e-9);  // wins over the energy
  EXPECT_DOUBLE_EQ(reader.info().detector_pixel_m, 30e-6);
  EXPECT_DOUBLE_EQ(reader.info().distance_m, 0.7);
  EXPECT_EQ(reader.info().mask[0], 0);
  EXPECT_EQ(reader.info().mask[1], 1);
  EXPECT_EQ(reader.info().mask[2], 0);
  EXPECT_EQ(reader.info().mask[3], 1);
}

TEST_F(Reader, CxiAsPtychodusReadsIt) {
  make(
      "h['cxi_version'] = 160; h['entry_1/data_1/data'] = np.ones((4, 3, 5), 'u4')\n"
      "h['entry_1/data_1/translation'] = np.stack([np.arange(4) * 1e-6, np.arange(4) * 2e-6, np.zeros(4)], "
      "1)\n"
      "i = h.create_group('entry_1/instrument_1'); i['source_1/energy'] = 8000 * 1.602176634e-19\n"
      "i['detector_1/distance'] = 2.0; i['detector_1/x_pixel_size'] = 172e-6; i['detector_1/y_pixel_size'] = "
      "172e-6");
  const SeriesReader reader(path);
  EXPECT_EQ(reader.positions()[3], (Position{3e-6, 6e-6}));  // not negated
  EXPECT_NEAR(hc_ev_m / reader.info().wavelength_m, 8000, 1e-6);
  EXPECT_EQ(reader.info().distance_m, 2);
  EXPECT_EQ(reader.info().detector_pixel_m, 172e-6);
}

TEST_F(Reader, AnEnergyInElectronvoltIsTakenForWhatItIs) {
  make(
      "h['entry_1/data_1/data'] = np.ones((4, 3, 5), 'u4'); h['entry_1/data_1/translation'] = np.zeros((3, "
      "4))\n"
      "h['entry_1/instrument_1/source_1/energy'] = 6200.0");
  EXPECT_NEAR(hc_ev_m / SeriesReader(path).info().wavelength_m, 6200, 1e-9);
}

}  // namespace
}  // namespace ptero::scanfile
