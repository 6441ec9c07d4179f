// Layouts of other reconstruction programs: fold_slice, pty-chi, ptychodus, ptypy.
#include "reader_fixture.hpp"

namespace ptero::scanfile {
namespace {

TEST_F(Reader, FoldSliceInOneFile) {
  make(
      "n, r, c = np.mgrid[:6, :4, :5]; h['dp'] = (100 * n + 10 * r + c).astype('f4')\n"
      "h['ppX'] = np.arange(6) * 1e-6; h['ppY'] = np.arange(6).reshape(6, 1) * 2e-6\n"
      "h.attrs['lambda'] = 1.2e-10");
  const SeriesReader reader(path);
  EXPECT_EQ(reader.info().frame_shape, (Shape{4, 5}));
  EXPECT_EQ(values_of<float>(reader.frame(2))[7], 212);
  EXPECT_EQ(reader.positions()[5], (Position{5 * 1e-6, 5 * 2e-6}));
  EXPECT_EQ(reader.info().wavelength_m, 1.2e-10);
}

TEST_F(Reader, MatlabWritesRowsAndColumnsExchanged) {
  make(
      "n, r, c = np.mgrid[:6, :4, :5]; h['dp'] = (100 * n + 10 * r + c).astype('f4').transpose(0, 2, 1)\n"
      "h['dp'].attrs['MATLAB_class'] = np.bytes_('single')\n"
      "h['ppX'] = np.arange(6).reshape(1, 6) * 1e-6; h['ppY'] = np.zeros((1, 6))");
  EXPECT_EQ(SeriesReader(path).info().frame_shape, (Shape{4, 5}));
  EXPECT_EQ(values_of<float>(SeriesReader(path).frame(2))[7], 212);
  // Without that attribute the user says it.
  ASSERT_EQ(run_python("del h5py.File(f, 'r+')['dp'].attrs['MATLAB_class']", path.string()), "");
  EXPECT_EQ(SeriesReader(path).info().frame_shape, (Shape{5, 4}));
  EXPECT_EQ(values_of<float>(SeriesReader(path, {.transpose = true}).frame(2))[7], 212);
}

TEST_F(Reader, PositionsAndProbeAreInTheParaFile) {
  const auto dp = scratch / "scan_dp.hdf5";
  ASSERT_EQ(run_python("h5py.File(f, 'w')['dp'] = np.ones((3, 4, 4), 'f4')", dp.string()), "");
  ASSERT_EQ(run_python(
                "h = h5py.File(f, 'w'); h['probe_position_x_m'] = np.arange(3) * 1e-6\n"
                "h['probe_position_y_m'] = np.arange(3) * -1e-6; h['probe'] = np.full((1, 2, 4, 4), 1 + 2j)\n"
                "h['object'] = np.ones((1, 9, 9), 'c8'); h['object'].attrs['pixel_width_m'] = 9e-9\n"
                "h['object'].attrs['pixel_height_m'] = 9e-9; h.attrs['probe_energy_eV'] = 9000.0\n"
                "h.attrs['detector_object_distance_m'] = 3.0",
                (scratch / "scan_para.hdf5").string()),
            "");
  const SeriesReader reader(dp);
  EXPECT_EQ(reader.positions()[2], (Position{2e-6, -2e-6}));
  ASSERT_EQ(reader.probe().size(), 2u);
  EXPECT_EQ(reader.probe()[1](2, 2), std::complex<float>(1, 2));
  EXPECT_NEAR(hc_ev_m / reader.info().wavelength_m, 9000, 1e-9);
  EXPECT_EQ(reader.info().distance_m, 3);
  EXPECT_EQ(reader.info().object_pixel_for(4), 9e-9);
}

TEST_F(Reader, PtychodusPatternsAndPositionsMeetByNumber) {
  const auto patterns = scratch / "diffraction.h5";
  ASSERT_EQ(
      run_python(
          "h = h5py.File(f, 'w'); h['patterns'] = np.arange(4).reshape(4, 1, 1) * np.ones((4, 3, 3), 'u2')\n"
          "h['patterns'].attrs['detector_pixel_width_m'] = 55e-6; h['indexes'] = [0, 1, 3, 4]\n"
          "h['bad_pixels'] = np.eye(3, dtype=bool)",
          patterns.string()),
      "");
  ASSERT_EQ(
      run_python("h = h5py.File(f, 'w'); h['probe_position_indexes'] = [4, 0, 2, 3]\n"
                 "h['probe_position_x_m'] = [4e-6, 0, 2e-6, 3e-6]; h['probe_position_y_m'] = np.zeros(4)\n"
                 "h['probe'] = np.ones((1, 3, 3), 'c8'); h['object'] = np.ones((1, 9, 9), 'c8')",
                 (scratch / "product-in.h5").string()),
      "");
  const SeriesReader reader(patterns);
  ASSERT_EQ(reader.size(), 4u);
  EXPECT_EQ(reader.positions()[0], (Position{0, 0}));
  EXPECT_FALSE(reader.positions()[1]);
  EXPECT_EQ(reader.positions()[2], (Position{3e-6, 0}));
  EXPECT_EQ(reader.positions()[3], (Position{4e-6, 0}));
  EXPECT_EQ(reader.info().mask, (std::vector<std::uint8_t>{1, 0, 0, 0, 1, 0, 0, 0, 1}));
  EXPECT_EQ(reader.info().detector_pixel_m, 55e-6);
}

TEST_F(Reader, PtydChunksComeInOrderOfTheirIndices) {
  make(
      "m = h.create_group('meta'); m['energy'] = 7.2; m['distance'] = 1.5; m['psize'] = [55e-6, 55e-6]\n"
      "m['center'] = [1.5, 2.0]; m['shape'] = [4, 5]; m['version'] = '0.1'\n"
      "for k, ids in [('0', [4, 0]), ('2', [3]), ('10', [1, 2])]:\n"
      "  g = h.create_group('chunks/' + k); i = np.array(ids); g['indices'] = i\n"
      "  g['data'] = (i[:, None, None] * 10 + np.zeros((len(ids), 4, 5))).astype('u4')\n"
      "  g['positions'] = np.stack([i * 2e-6, i * 1e-6], 1)\n"
      "  w = np.ones((len(ids), 4, 5), 'f4'); w[:, 0, 1] = 0; g['weights'] = w");
  const SeriesReader reader(path);
  ASSERT_EQ(reader.size(), 5u);
  for (std::uint64_t i = 0; i < 5; ++i) {
    EXPECT_EQ(values_of<std::uint32_t>(reader.frame(i))[3], 10 * i);
    EXPECT_EQ(reader.positions()[i], (Position{double(i) * 1e-6, double(i) * 2e-6}));
  }
  EXPECT_NEAR(hc_ev_m / reader.info().wavelength_m, 7200, 1e-9);
  EXPECT_EQ(reader.info().distance_m, 1.5);
  EXPECT_EQ(reader.info().detector_pixel_m, 55e-6);
  EXPECT_EQ(reader.info().centre_row, 1.5);
  EXPECT_EQ(reader.info().mask[1], 1);
  EXPECT_EQ(reader.info().mask[2], 0);
}

}  // namespace
}  // namespace ptero::scanfile
